"""A process with a bounded heap opens few of them, however many threads it has."""

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import ctypes, sys, threading
from cluster.live.process_memory import bound_heap

if sys.argv[1] == "bounded":
    assert bound_heap()
ready = threading.Barrier(25)

def work():
    mine = bytearray(50_000)
    ready.wait()

threads = [threading.Thread(target=work) for _ in range(24)]
for one in threads:
    one.start()
ready.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
told = libc.fopen(sys.argv[2].encode(), b"w")
assert libc.malloc_info(0, told) == 0
libc.fclose(told)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="heaps are bounded by glibc")
def test_many_threads_share_few_heaps(tmp_path: Path) -> None:
    def heaps(way: str) -> int:
        told = tmp_path / f"{way}.xml"
        subprocess.run([sys.executable, "-c", _PROGRAM, way, str(told)], check=True)
        return told.read_text().count("<heap nr=")

    assert heaps("bounded") <= 2 < heaps("unbounded")
