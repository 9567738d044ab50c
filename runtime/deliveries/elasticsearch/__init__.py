"""Deliveries to Elasticsearch and OpenSearch: data streams and indexes, by the bulk API, without a client library."""
