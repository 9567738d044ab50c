"""The emulator (MiniStack) as a process: its own environment, start, readiness, end.

Here lives how it is run; what it is taught lies in `local/fidelity/`, what is deployed into it in
`local/deployment/`.
"""
