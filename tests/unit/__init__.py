"""Each room of rxstream by itself: no broker, no network, no waiting."""
