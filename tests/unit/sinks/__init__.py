"""Tests of where values end."""
