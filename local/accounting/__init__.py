"""Counting by content: what was sent against what arrived in every destination.

Here lives reading of destinations, the comparison, and the report; what was sent is written down by
`local/loader/`.
"""
