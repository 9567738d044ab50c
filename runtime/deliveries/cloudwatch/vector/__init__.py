"""The Vector engine: a Vector subprocess sends the events, with end-to-end acknowledgements."""
