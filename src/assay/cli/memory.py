"""Keep what every step of a training on a CPU needs again: the memory it frees and the kernels it compiles.

A step allocates and frees the same large tensors.  glibc returns blocks above 32 MB at once, and each then
costs page faults anew: logits of 4,096 tokens take 67 MB.  And oneDNN compiles a kernel for every shape of
a matrix product, but remembers 1,024 of them: batches of varying length need more.
"""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["keep_memory"]

_OPTIONS = {-3: 1 << 30, -1: (1 << 31) - 1, -2: 1 << 28}
"""Of `mallopt`, in bytes: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD; an int, so below 2³¹."""


def keep_memory() -> bool:
    """Ask both to keep it; tell whether the C library has agreed, as glibc does and others need not.

    oneDNN reads its setting at its first matrix product: call this before.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    taken = [mallopt(option, size) for option, size in _OPTIONS.items()]
    return all(taken)
