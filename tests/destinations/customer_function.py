"""A customer's function, as it is deployed: it keeps each event by its id, once, and fails where it is told to.

``FOLDER`` (its environment) holds what it kept, and how the next invocations go: a word each.
"""

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

REFUSED = "not this one"


def handler(event, context):
    """Keep the events, unless this invocation is to fail; return which of them failed."""
    folder = os.environ["FOLDER"]
    fault = next_fault(folder)
    events = event["events"]
    failed = list(range(0, len(events), 2)) if fault == "fails for some" else []
    refused = [position for position, each in enumerate(events) if each["message"] == REFUSED]
    if fault == "raises":
        raise RuntimeError("before anything was kept")
    keep(folder, [each for position, each in enumerate(events) if position not in {*failed, *refused}])
    if fault == "raises too late":
        raise RuntimeError("after everything was kept")
    if fault == "hangs":
        time.sleep(30)  # its time limit is far below
    if fault == "returns nothing":
        return None
    if fault == "returns another thing":
        return {"statusCode": 200}
    return {"failed": failed, "refused": refused}


def next_fault(folder):
    """Return how this invocation goes; none of it is left for the next one."""
    file = Path(folder, "faults.json")
    faults = json.loads(file.read_text())
    file.write_text(json.dumps(faults[1:]))
    return faults[0] if faults else ""


def keep(folder, events):
    """Keep what isn't there by its id; count every event that came."""
    with closing(sqlite3.connect(f"{folder}/events.db")) as kept, kept:
        kept.execute("create table if not exists events (id text primary key, message text)")
        kept.executemany("insert or ignore into events values (:id, :message)", events)
