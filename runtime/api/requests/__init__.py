"""What routes take: parameters and bodies."""
