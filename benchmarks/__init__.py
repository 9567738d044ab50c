"""What is measured and what follows from it: CPU a GiB, cost by volume. Nothing here runs in production.

Each figure in the docs that comes from here is written by a script of this folder, and a test holds it to that.
"""
