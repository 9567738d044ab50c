"""What travels in the queues: notifications and their envelopes, delivery messages, hand-over, dead letters."""
