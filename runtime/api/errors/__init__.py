"""Problem details (RFC 9457), and which problem an exception is."""
