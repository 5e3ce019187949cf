"""The operators, one test file each."""
