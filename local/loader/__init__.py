"""Real logs into the central bucket, as the agent of one cluster would write them.

Here lives the reading of the recorded logs, the moving of their days, and the writing under the cluster's own role;
what happens to the objects afterwards is counted in `local/accounting/`.
"""
