"""How often one view of a case asks the database: what its parts show is read once and handed on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event, update

from claims.types import Passage
from review.db.engine import open_engine
from review.db.tables.cases import CaseRow
from review.server.app import create_app
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.server.pages.seats import CLASS_NAMES, Clock, MakeFinding

_MOST = 40


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def stores(engine: Engine, stream: StreamRecord, passages: tuple[Passage, ...], make_finding: MakeFinding) -> Stores:
    """Three cases of one host, the words around them among what is stored."""
    opened = Stores.over(engine, now=Clock(), second_share=0)
    opened.stream_writer.put_stream(stream)
    opened.stream_writer.add_passages(passages)
    opened.stream_writer.add_findings(
        make_finding(finding_id=f"f_{number}", claimed=f"{number} W", quote=f"总功率可以做到{number}瓦")
        for number in range(3)
    )
    return opened


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[str]]:
    """The statements that the database was asked from now on, without those that only begin a transaction."""
    told: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN":
            told.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield told
    event.remove(engine, "before_cursor_execute", note)


def test_the_names_of_many_hosts_are_read_at_once_and_are_those_of_their_latest_cases(
    stores: Stores, stream: StreamRecord, make_finding: MakeFinding, asked: list[str]
) -> None:
    for number, name in enumerate(("小岚", "小岚直播间", "阿强")):
        host = replace(stream.host, id="h8" if number < 2 else "h9", name=name)
        stores.stream_writer.put_stream(replace(stream, stream_id=f"t{number}", host=host))
        found = make_finding(finding_id=f"g_{number}", claimed=f"{number} W", quote=f"功率{number}瓦")
        stores.stream_writer.add_findings([replace(found, stream_id=f"t{number}")])
        # The clock of these stores stands still.
        later = update(CaseRow).where(CaseRow.case_id == stores.cases.case_of(f"g_{number}"))
        with stores.engine.begin() as connection:
            connection.execute(later.values(opened_at_ms=CaseRow.opened_at_ms + number))
    asked.clear()
    assert stores.cases.host_names(["h9", "h8", "h9", "nobody"]) == {"h8": "小岚直播间", "h9": "阿强"}
    assert len(asked) == 1
    assert stores.cases.host_names([]) == {}


@pytest.mark.parametrize("swap", [False, True], ids=["the whole page", "the case alone"])
def test_one_view_reads_each_thing_once(stores: Stores, data_dir: Path, asked: list[str], swap: bool) -> None:
    case_id = stores.cases.case_of("f_1")
    app = create_app(stores, data_dir, class_names=CLASS_NAMES)
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    headers = {"HX-Request": "true"} if swap else {}
    assert client.get(f"/cases/{case_id}", headers=headers).status_code == 200
    asked.clear()
    assert client.get(f"/cases/{case_id}", headers=headers).status_code == 200
    selects = Counter(asked)
    assert len(asked) < _MOST, "\n".join(f"{count} x {what[:200]}" for what, count in selects.most_common())
    by_case = [what for what in asked if "FROM cases" in what and "WHERE cases.case_id = " in what]
    assert len(by_case) <= 2
    assert len([what for what in asked if "FROM findings" in what and "WHERE findings.finding_id = " in what]) <= 1
    assert len([what for what in asked if "case_bands" in what]) <= 2
