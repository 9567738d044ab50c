"""Changes of delivery configs: validation, preconditions, overlap, audit."""
