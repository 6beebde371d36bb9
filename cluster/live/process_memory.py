"""Keeps a long-lived process with many threads from holding memory that it has freed."""

import ctypes
import logging

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_ARENAS = 2
# Pictures and sound are above this: each is a mapping of its own, which goes when it is freed.
_LARGE_BYTES = 1 << 20

_log = logging.getLogger(__name__)


def bound_heap() -> bool:
    """From now on this process has few heaps and gives large blocks back when they are freed; whether it could be had.

    By itself the C library opens a heap for every few threads, and none of them shrinks. Only glibc offers this; with
    another library memory is as that has it.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        _log.info("this C library's heaps can't be bounded")
        return False
    settings = ((_ARENA_MAX, _ARENAS), (_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _LARGE_BYTES))
    return all([bool(mallopt(name, value)) for name, value in settings])
