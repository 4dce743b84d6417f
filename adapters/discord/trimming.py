"""Giving back to the system what a burst took of memory and nobody needs any more (glibc's allocator keeps it)."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Have the allocator give back whole free pages, which takes a millisecond; elsewhere than with glibc, do nothing.

    https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
