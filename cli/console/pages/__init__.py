"""The pages: a module each, with its routes, and what its templates are given."""
