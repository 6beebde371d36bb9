"""What is heavy of a background job runs in a process of its own: its status comes back, and a stop ends it."""

import os
import threading
import time

from cluster.background import run_apart


def test_the_status_of_the_process_comes_back() -> None:
    never = threading.Event()
    assert run_apart(time.sleep, 0.01, name="well", stopping=never) == 0
    assert run_apart(os._exit, 3, name="badly", stopping=never) == 3


def test_a_stop_ends_the_process() -> None:
    stopping = threading.Event()
    stopping.set()
    assert run_apart(time.sleep, 3_600, name="long", stopping=stopping) < 0
