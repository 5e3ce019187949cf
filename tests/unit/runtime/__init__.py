"""Tests of what makes a description run, stop and answer."""
