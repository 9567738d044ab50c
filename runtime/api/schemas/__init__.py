"""Models of requests and answers: without FastAPI, shared with the client."""
