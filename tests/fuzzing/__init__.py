"""`make fuzz`: generated inputs for everything that reads what others wrote. No crash, and nothing lost silently.

`targets.py` has one target a reader: how its inputs are made, and that what comes out accounts for what went in.
`text.py` makes strange text, `run.py` runs. Everything follows from the seed: a finding names its seed and number.
"""
