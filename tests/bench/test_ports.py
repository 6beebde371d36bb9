"""Ports for servers are never given twice at once, nor where no source may stand."""

import os
import socket

import pytest

from bench.ports import free_port
from net.schemes import REFUSED_PORTS


def test_what_is_taken_or_refused_to_sources_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    # The process whose hundred ports begin with 11,140: 11,211 is among them, which sources may not have.
    monkeypatch.setattr(os, "getpid", lambda: 9)
    assert 11_211 in REFUSED_PORTS
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        taken = listener.getsockname()[1]
        given = {free_port() for _ in range(200)}
    assert given < set(range(11_140, 11_240))
    assert given.isdisjoint({taken, 11_211})


def test_two_processes_have_no_port_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {free_port() for _ in range(20)}
    ours = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: ours + 1)
    assert one.isdisjoint({free_port() for _ in range(20)})
