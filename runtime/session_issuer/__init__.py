"""The session issuer: a function of the inside that gives the outside processor sessions, each for one tenant."""
