"""Events, instants, the clock, streams and fusion."""
