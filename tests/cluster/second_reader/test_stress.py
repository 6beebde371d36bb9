"""Fifty rooms at once: no finding waits for the model, and the budget is never exceeded."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from claims.types import Disposition, Finding
from review.second_reader.types import Budget
from review.stores import Stores
from tests.cluster.second_reader.rooms import SAID, config, doubtful, reading, room
from tests.cluster.second_reader.scripted import Response, data_of, saying, scripted

ROOMS, EACH = 50, 2
OF_ROOM, OF_ALL = 1, 30


@pytest.mark.service
@pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True)
def test_fifty_rooms_keep_within_the_budget_and_wait_for_nobody(
    stores: Stores, database_url: str, tmp_path: Path
) -> None:
    released = threading.Event()
    said: dict[str, str] = {}

    def script(request: dict[str, Any]) -> Response:
        answer = saying("breach")(request)
        answer.hold = released
        return answer

    findings: list[Finding] = []
    for number in range(ROOMS):
        stream_id = f"s{number}"
        room(stores, tmp_path, stream_id, text=f"{SAID}，第{number}间")
        for turn in range(EACH):
            quote = f"{SAID}，第{number}间"
            finding = doubtful(stream_id, quote=quote, finding_id=f"f_{number}_{turn}", score=0.4 + turn / 100)
            findings.append(finding)
            said[finding.finding_id] = stream_id
    budget = Budget(of_broadcast=OF_ROOM, of_all=OF_ALL)
    second = Stores.open(database_url)
    given = config("", budget=budget, at_once=4, deadline_s=120.0)
    with scripted(script) as server:
        given = replace(given, url=server.url)
        # Two processes' worth of readers over one database.
        with reading(stores, tmp_path, given) as one, reading(second, tmp_path, given) as other:
            with ThreadPoolExecutor(2) as writers:
                list(writers.map(lambda finding: stores.stream_writer.add_findings([finding]), findings))
            # The server has answered nothing by now, and everything is stored.
            assert not released.is_set()
            assert all(stores.streams.finding(f.finding_id).finding.disposition is Disposition.NOTE for f in findings)
            released.set()
            assert one.settle(200)
            assert other.settle(200)
        of_room = Counter(data_of(request)["passage"]["text"] for request in server.asked)
        assert 0 < len(server.asked) <= OF_ALL
        assert max(of_room.values()) <= OF_ROOM
    second.close()
    outcomes = stores.second_reader.figures().outcomes
    assert outcomes["budget"] > 0
    assert sum(outcomes.values()) == ROOMS * EACH
