"""Who holds what, and how far a source may commit."""
