"""`make faults`: faults injected into every call of the deployed runtime, and a count, by content, of what arrived.

A reverse proxy stands between each host of the runtime (the processor's function, a poller, the resumer's, the
reconciler's and the watch's functions) and the embedded cloud. Each kind of fault has tenants of its own and meets
only their calls, so that many kinds share a run and each is counted for itself. `proxy.py` relays, `injected.py` does
something to a call, `catalogue.py` has the kinds, `run.py` runs, `verdict.py` judges, `report.py` writes each row.
"""
