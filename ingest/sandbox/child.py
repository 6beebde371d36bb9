"""The child's side of a box: limits that a process sets for itself before it reads a hostile byte."""

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def enter_sandbox() -> Callable[[], None]:
    """Limits this process as its first argument says; the function given renews its CPU time.

    Call it when everything is imported: libraries reserve more addresses while they load than decoding needs.
    """
    terms = json.loads(sys.argv[1])
    process_control = ctypes.CDLL(None, use_errno=True).prctl
    if terms["parent"]:
        process_control(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != terms["parent"]:
            raise SystemExit("the parent is gone")
    process_control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, terms["memory_bytes"])
    _limit(resource.RLIMIT_FSIZE, terms["file_bytes"])
    _limit(resource.RLIMIT_NOFILE, terms["open_files"])
    if terms["processes"] >= 0:
        _limit(resource.RLIMIT_NPROC, terms["processes"])

    def renew() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + 1 + terms["cpu_s"]
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))

    renew()
    return renew


def leave_alone_what_is_there() -> Callable[[], object]:
    """From now on the collector of cycles passes over all that is imported; what it gives collects all that came since.

    Opened media refer to themselves in circles, with decoders and pictures of megabytes in them: a child that waits for
    the collector to come by itself holds hundreds of them.
    """
    gc.collect()
    gc.freeze()
    return gc.collect


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))
