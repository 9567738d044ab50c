"""Keeps freed memory for the next batch, instead of returning it to the system and requesting it again.

A batch and its body are a few MiB that come and go; the C library gives pieces of that size back at once, and each new
one costs a page fault for every 4 KiB: a fifth of what reading an object costs. What is kept is bounded by what was in
use at once.
"""

import ctypes

# mallopt(3) of glibc: its own ceilings for pieces that get a mapping of their own, and for what stays unused.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MIB = 1 << 20


def tune_malloc() -> bool:
    """Set it in the C library, before threads are started; false where it knows no such thing (musl, macOS)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((_M_MMAP_THRESHOLD, 32 * _MIB), (_M_TRIM_THRESHOLD, 64 * _MIB), (_M_ARENA_MAX, 1))
    return all(mallopt(name, value) for name, value in settings)
