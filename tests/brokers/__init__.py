"""Real brokers that tests and benchmarks start for themselves."""
