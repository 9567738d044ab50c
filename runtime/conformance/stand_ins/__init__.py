"""What stands in for the destinations of the built-in methods."""
