"""Every metric that the code emits: what it is called, which dimensions it has, who watches it; and how it is written.

``catalogue.py`` is the one place for the names. The monitoring stack takes its alarms' and graphs' metrics from there,
so that nothing is watched that nobody emits, and the other way round.
"""
