"""Programs that the integration tests start as processes, and what both need of Kafka."""
