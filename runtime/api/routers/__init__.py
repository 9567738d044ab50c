"""One module a group of endpoints, each with its ``router``; ``application.ROUTERS`` lists them."""
