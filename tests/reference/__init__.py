"""Answers worked out by plain Python, to hold rxstream's against."""
