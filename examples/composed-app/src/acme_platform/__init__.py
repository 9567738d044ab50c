"""A platform's own infrastructure; the log pipeline is one part of it."""
