"""Real servers for `make test-destinations`: Kafka and OpenSearch, started from Maven artifacts, without Docker.

Started once a run on free loopback ports, with a bounded life; where Java or Maven is missing the tests say so and are
skipped.
"""
