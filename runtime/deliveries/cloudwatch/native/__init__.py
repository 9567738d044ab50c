"""The native engine: PutLogEvents from this process."""
