"""MiniStack, made to behave as AWS does where it forgives or lacks something.

`patches/` has one module a gap: it says what AWS does, by which page of its documentation, and names what it replaces.
`python -m ministack_fidelity` runs the emulator with all of them, `server.py` starts that as a process, and
`pytest_plugin.py`, `accounts.py` and `identities.py` are for tests. The README lists what is not covered.
"""

from ministack_fidelity.patches import PATCHES


def apply_all() -> None:
    """Apply every patch in this process. Raises ``PatchTargetMissingError`` at the first whose target has changed."""
    for patch in PATCHES:
        patch.apply()
