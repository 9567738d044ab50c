"""What every request passes before a route is chosen."""
