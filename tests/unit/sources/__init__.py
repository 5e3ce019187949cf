"""Tests of where streams begin."""
