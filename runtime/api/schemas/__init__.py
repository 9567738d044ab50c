"""What requests and answers look like: models without FastAPI, shared with the client."""
