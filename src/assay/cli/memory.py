"""Keep the memory that training frees, instead of handing it back to the system between two steps.

Every step of a training on a CPU allocates and frees the same large tensors.  glibc returns blocks above
32 MB at once, and each then costs page faults anew: logits of 4,096 tokens take 67 MB.
"""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_memory"]

_OPTIONS = {-3: 1 << 30, -1: (1 << 31) - 1, -2: 1 << 28}
"""Of `mallopt`, in bytes: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD; an int, so below 2³¹."""


def keep_memory() -> bool:
    """Ask the C library to keep what is freed; tell whether it has agreed, as glibc does and others need not."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    taken = [mallopt(option, size) for option, size in _OPTIONS.items()]
    return all(taken)
