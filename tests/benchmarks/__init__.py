"""What rxstream costs, measured beside the ways of doing the same work without it."""
