"""A customer's own servers on this machine: HTTPS endpoints that take events, and say what they have got.

Each checks who sends, keeps what it took in memory, and ends with its process. They are no servers for anything else.
"""
