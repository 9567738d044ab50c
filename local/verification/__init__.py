"""`make verify-aws`: the demo's driver in real accounts, under the user's profiles; everything is removed at the end.

Here lives what a real account needs and the embedded cloud doesn't: profiles, a stage that nothing outlives, a plan to
be agreed to, a record of what was made, and its removal. What is sent, counted and shown is `local/demonstration.py`.
"""
