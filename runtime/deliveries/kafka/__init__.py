"""Deliveries to Kafka: one record an event, by an idempotent producer of librdkafka (`confluent-kafka`)."""
