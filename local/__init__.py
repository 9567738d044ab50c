"""The embedded cloud: the real stacks, deployed by the real `cdk` CLI into an AWS emulator on this machine.

Here lives what starts it, deploys into it, sends real logs through it and counts what arrived; everything it
writes lies under `build/`. Only `verification/` goes to real accounts. Nothing in `runtime/` or `stacks/` knows of it.
"""
