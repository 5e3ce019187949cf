"""What rxstream promises, as tests, and what it costs, as benchmarks."""
