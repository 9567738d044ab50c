"""Stand-ins of the services, in memory: what of them the runtime depends on, under a clock that is turned.

They answer requests as they leave the runtime's transport, in the services' own protocols. No faults live here:
`faults.py` puts them in between.
"""
