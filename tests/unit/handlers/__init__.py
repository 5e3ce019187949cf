"""Tests of what becomes of items that fail."""
