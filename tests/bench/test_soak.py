"""The soak: its plan is the seed's alone, what does not hold is found, and a short run with every fault passes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.soak_plan import DAYS, FaultKind, plan_of
from bench.soak_watch import Meters, log_of, look_at, wrong_with_events
from bench.stress_shard import Simulation, finding_of, passage_of, segment_of
from bench.webhook_receiver import Receiver
from ingest.recording.ledger import Ledger
from review.stores import Stores
from review.streams.types import Host, StreamRecord

SIM = Simulation(database_url="", capacity=1, finding_every=2)
TENANT = "local"


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    return Stores.open(f"sqlite:///{tmp_path / 'soak.db'}")


def aired(stores: Stores, segments: int, *, without: int = -1) -> str:
    """A broadcast of so many segments, all of it stored but the finding of one."""
    host = Host(id="h1", name="小岚", platform="simulated")
    stores.stream_writer.put_stream(
        StreamRecord(stream_id="s1", source="", host=host, title="", started_at=None, tenant_id=TENANT)
    )
    ledger = Ledger()
    for number in range(segments):
        stores.stream_writer.add_segments([segment_of(SIM, "s1", number, 0)])
        ledger.analysed(number * SIM.segment_ms, (number + 1) * SIM.segment_ms)
        finding = finding_of(SIM, "s1", number)
        has_one = number % SIM.finding_every == 0 and number != without
        stores.stream_writer.commit_segment(
            "s1",
            number,
            findings=[finding] if has_one else [],
            passages=[passage_of(finding)] if has_one else [],
            coverage=ledger.coverage(),
        )
    return "s1"


def test_the_same_seed_gives_the_same_days() -> None:
    plan = plan_of(7, 600, at_once=10)
    assert plan == plan_of(7, 600, at_once=10) != plan_of(8, 600, at_once=10)
    assert plan.day_s * DAYS == 600
    assert {fault.kind for fault in plan.faults} == set(FaultKind)
    ends = [fault.at_s + fault.lasts_s for fault in plan.faults]
    assert all(end < later.at_s for end, later in zip(ends, plan.faults[1:], strict=False))
    assert ends[-1] < 600 * 0.95
    assert all(one.stopped_after_s is None or one.stopped_after_s < one.lasts_s for one in plan.airings)


def test_more_is_on_air_in_the_middle_of_a_day_than_at_its_ends() -> None:
    plan = plan_of(7, 6_000, at_once=10)
    hours = [one.at_s % plan.day_s / plan.day_s for one in plan.airings]
    assert sum(0.25 < hour < 0.75 for hour in hours) > 2 * sum(not 0.25 < hour < 0.75 for hour in hours)


def test_what_is_whole_is_found_whole(stores: Stores) -> None:
    look = look_at(stores, SIM, aired(stores, 6), is_over=True, lasts=6)
    assert (look.segments, look.findings, look.wrong) == (6, 3, ())


def test_a_lost_finding_and_a_missing_segment_are_found(stores: Stores) -> None:
    look = look_at(stores, SIM, aired(stores, 6, without=2), is_over=True, lasts=7)
    assert look.wrong == ("1 findings are lost", "6 segments of 7 are there, and the ledger is of 6000 ms")


def test_a_finding_of_nothing_is_found(stores: Stores) -> None:
    stream_id = aired(stores, 6)
    stores.stream_writer.add_findings([replace(finding_of(SIM, stream_id, 0), finding_id="f_nowhere")])
    assert look_at(stores, SIM, stream_id, is_over=True, lasts=6).wrong == ("there are findings of nothing",)


def test_events_that_were_not_or_otherwise_told_are_found(stores: Stores) -> None:
    aired(stores, 6)
    events = log_of(stores, TENANT)
    assert len(events) >= 3
    receiver = Receiver(failing=0)
    for event in events:
        receiver.take(event.id, json.dumps(event.to_json()).encode())
    assert list(wrong_with_events(events, receiver, 3)) == []
    receiver.accepted[events[0].id] = json.dumps(events[0].to_json() | {"sequence": 0}).encode()
    del receiver.accepted[events[1].id]
    receiver.take("another", b'{"sequence": 99}')
    assert list(wrong_with_events(events, receiver, 4)) == [
        "1 events were never delivered",
        "1 events were delivered that are not in the log",
        "events were delivered otherwise than they stand in the log",
        "4 findings are stored, and 3 were told",
    ]


def test_what_grows_is_found_and_a_beginning_is_not_growth() -> None:
    meters = Meters()
    meters.rss["shard-0", 1] = [100_000_000 + 4_000_000 * n for n in range(40)]
    meters.rss["shard-1", 2] = [20_000_000 * min(n, 10) for n in range(40)]
    meters.files["shard-0", 1] = [30] * 40
    meters.files["shard-1", 2] = [10 + n for n in range(40)]
    told = list(meters.wrong())
    assert [line.split(" ")[0] for line in told] == ["shard-0", "shard-1"]
    assert "grew from" in told[0]
    assert "files open" in told[1]
    assert Meters(rss={("x", 3): [1, 10**9]}, files={("x", 3): [1, 99]}).judged() == {}


def test_this_process_is_looked_at() -> None:
    meters = Meters()
    meters.note("tests", os.getpid())
    meters.note("gone", 2**22 + 1)
    [(name, _)] = meters.rss
    assert name == "tests"
    assert meters.files["tests", os.getpid()][0] > 0


# The same run, in which somebody takes a stored finding out of the database before it is all counted.
_ROBBED = """
from sqlalchemy import create_engine, text
from bench import soak

count = soak.Soak._compare_at_last

def rob(run):
    engine = create_engine(run.stage.url)
    with engine.begin() as connection:
        first = "(select min(finding_id) from findings)"
        assert connection.execute(text(f"delete from findings where finding_id = {first}")).rowcount == 1
    engine.dispose()
    count(run)

soak.Soak._compare_at_last = rob
soak.command()
"""


def soaked(program: str, kind: str, minutes: str) -> "subprocess.CompletedProcess[str]":
    """A short soak on a database of this kind, by this program and the options of the command."""
    options = ["--minutes", minutes, "--seed", "28", "--database", kind, "--json"]
    return subprocess.run([sys.executable, "-c", program, *options], capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_short_run_loses_and_doubles_nothing_and_tells_everything(kind: str) -> None:
    done = soaked("from bench.soak import command; command()", kind, "0.75")
    assert done.returncode == 0, done.stderr[-4_000:]
    rows = json.loads(done.stdout)["rows"]
    [total] = [row for row in rows if row["table"] == "soak"]
    assert (total["wrong"], total["database"], total["seed"]) == (0, kind, 28)
    assert total["broadcasts"] > 20
    assert total["faults"] >= 4
    assert total["findings"] > 0
    assert total["events"] >= total["findings"]
    struck = {row["fault"]: row["struck"] for row in rows if row["table"] == "faults"}
    assert sum(struck.values()) == total["faults"]
    assert struck.keys() == {kind.value for kind in FaultKind}


@pytest.mark.slow
@pytest.mark.service
def test_a_run_in_which_a_finding_is_taken_fails_and_names_what_is_lost() -> None:
    done = soaked(_ROBBED, "sqlite", "0.5")
    assert done.returncode == 1, done.stderr[-4_000:]
    [total] = [row for row in json.loads(done.stdout)["rows"] if row["table"] == "soak"]
    told = [line for line in done.stderr.splitlines() if line.startswith("zhenyan: soak: ")]
    assert any("1 findings are lost" in line for line in told), told
    assert total["wrong"] == 1
