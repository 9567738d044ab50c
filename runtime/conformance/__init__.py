"""The conformance kit: what every delivery method has to keep, tried on any of them, built-in or foreign.

A method's author writes a ``StandIn`` for its destination; the kit makes each of its calls fail or take long, and looks
at what has arrived, what the checkpoint says, and what is written where. ``python -m runtime.conformance
NAME``, or a test with the fixture ``conformance_check``. In no function's zip.
"""

ENTRY_POINT_GROUP = "logrouter.conformance"
