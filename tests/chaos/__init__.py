"""Long trials in which programs and brokers are killed again and again: `make chaos`."""
