"""Talking to brokers and reading formats, as far as no broker is needed."""
