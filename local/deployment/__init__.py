"""From an empty emulator to the deployed stacks, as an operator and two customers would do it, by the real `cdk`.

Here lives the order of the steps and what the emulator needs beside them (`parity.py`). The stacks themselves are
in `stacks/`.
"""
