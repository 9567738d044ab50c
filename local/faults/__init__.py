"""`make faults`: faults injected into every call of the deployed processor, and a count, by content, of what arrived.

A reverse proxy stands between the processor (the function, or a poller) and the embedded cloud. Each kind of fault has
tenants of its own and meets only their calls, so that many kinds share a run and each is counted for itself.
`proxy.py` relays, `injected.py` does something to a call, `kinds.py` has the kinds, `run.py` runs, `verdict.py` counts.
"""
