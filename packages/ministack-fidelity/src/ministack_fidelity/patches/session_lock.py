"""Sessions of STS are made at the same time: callers assume roles, functions start and take their role's session.

The emulator looks through all sessions for expired ones whenever it adds one, from several threads and without a lock:
now and then an AssumeRole or an invocation failed because another session was added meanwhile.
"""

import threading

from ministack_fidelity.patching import Target, one_at_a_time, wrap

REGISTER = Target("ministack.services.sts", "register_session", ("access_key", "session"))


def apply() -> None:
    """Add one session at a time."""
    lock = threading.RLock()
    wrap(REGISTER, lambda original: one_at_a_time(original, lock))
