"""A desk with something on it, for pictures and for trying pages: the demo's talk in several rooms, judged for real.

Nothing depends on the day: the sample has a clock of its own.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

import configs
from claims.engine.conversation import ClaimEngine
from claims.policy.packaged import policy_at
from claims.policy.policy import Policy
from claims.types import Finding, Passage
from cli.commands.serve import terms_of
from cli.config.enforcement import legal_reference_of
from cli.config.in_force import settings_in_force
from cli.config.settings import load_settings
from cli.shell.records import read_passports_file
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from net.listening import listen
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.named_queues import NamedQueue
from review.cases.queries import CaseQuery
from review.cases.types import Choice
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import FindingQuery, Host, ProductRef, StreamRecord, StreamState
from scripts.desk_office_sample import fill_offices

DEMO_DIR = Path(configs.__file__).parent / "demo"
STARTED = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
# Host, title, viewers, and how long before the end of the sample its broadcast was screened.
ROOMS = (
    ("demo-host", "小岚", "真言演示直播间", 1200, timedelta(minutes=9)),
    ("host-2", "阿强数码严选", "阿强数码 年终专场", 48_000, timedelta(minutes=42)),
    ("host-3", "老周家的蜂蜜", "延安洋槐蜜产地直播", 3_100, timedelta(hours=3)),
    ("host-4", "小美护肤", "秋冬护肤专场", 9_700, timedelta(hours=14)),
    ("host-5", "好物大集合旗舰直播间", "黑五囤货节", 260_000, timedelta(days=14)),
)
_PEOPLE = {"wang": ("王姐", Role.REVIEWER), "li": ("李明", Role.REVIEWER), "chen": ("陈主管", Role.SENIOR)}
_PEOPLE |= {"dora": ("审计 Dora", Role.AUDITOR), "admin": ("管理员", Role.ADMIN)}


class SampleClock:
    """A clock that stands where the sample sets it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 10, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def fill(stores: Stores, policy: Policy, clock: SampleClock, data_dir: Path) -> dict[str, Person]:
    """Rooms, cases, people and decisions; gives the people by login."""
    people = {
        login: stores.people.log_in_known("https://id.example", login, login, name, role).person
        for login, (name, role) in _PEOPLE.items()
    }
    end = STARTED.astimezone(UTC) + timedelta(minutes=30)
    (data_dir / "clips").mkdir(parents=True, exist_ok=True)
    shutil.copy(DEMO_DIR / "trial.mp4", data_dir / "clips" / "sample.mp4")
    for number, (host_id, name, title, viewers, before) in enumerate(reversed(ROOMS)):
        clock.now = end - before
        stream_id = f"room-{host_id}"
        stores.stream_writer.put_stream(
            StreamRecord(
                stream_id=stream_id,
                source="https://live.example/room.m3u8",
                host=Host(id=host_id, name=name, platform="demo"),
                title=title,
                started_at=STARTED - before,
                products=_products(policy),
                state=StreamState.ENDED if before > timedelta(hours=2) else StreamState.LIVE,
                viewers=viewers,
            )
        )
        passages, findings = _judged(policy, stream_id)
        stores.stream_writer.add_passages(passages)
        stores.stream_writer.put_coverage(stream_id, _covered(passages))
        shown = [one for at, one in enumerate(findings) if not number or at % 5 != number % 5]
        stores.stream_writer.add_findings(shown)
        for at, finding in enumerate(shown):
            if (at + number) % 4:
                stores.stream_writer.set_clip(finding.finding_id, "clips/sample.mp4", max(0, finding.start_ms - 3000))
    clock.now = end
    _decide_some(stores, people)
    fill_offices(stores, policy, people, _findings_of_first(stores))
    stores.queues.put(
        NamedQueue(id="", name="食品与保健", classes=("DISEASE_FOOD", "HEALTHFUNC_FOOD")), people["admin"]
    )
    return people


def _findings_of_first(stores: Stores) -> list[Finding]:
    first = f"room-{ROOMS[-1][0]}"
    return [stored.finding for stored in stores.streams.findings(FindingQuery(stream_id=first, limit=50)).findings]


def _products(policy: Policy) -> tuple[ProductRef, ...]:
    passports = read_passports_file(policy, DEMO_DIR / "passports.yaml")
    return tuple(ProductRef(product_id=one.id, name=one.name, category=one.category) for one in passports)


def _judged(policy: Policy, stream_id: str) -> tuple[list[Passage], list[Finding]]:
    engine = ClaimEngine(policy, read_passports_file(policy, DEMO_DIR / "passports.yaml"), at=STARTED)
    talk = engine.conversation(stream_id)
    passages, at_ms = [], 0
    lines = json.loads((DEMO_DIR / "demo.json").read_text(encoding="utf-8"))["lines"]
    for line in lines:
        end_ms = at_ms + line["duration_ms"]
        passages.append(Passage(stream_id=stream_id, id=line["id"], start_ms=at_ms, end_ms=end_ms, text=line["text"]))
        at_ms = end_ms + 600
    for number, caption in enumerate(("限时秒杀", "85元", "双口 65W", "点击下方小黄车", "延安洋槐蜜", "买一发二")):
        start_ms = 30_000 + number * 700
        shown = {"start_ms": start_ms, "end_ms": start_ms + 9000, "text": caption}
        passages.append(Passage(stream_id=stream_id, id=f"c{number}", channel="screen", **shown))
    for passage in passages:
        talk.hear(passage)
    talk.flush()
    return passages, [replace(one, clip=None) for one in talk.findings]


def _covered(passages: list[Passage]) -> Coverage:
    """The whole talk and a minute that waits, but for what the network and the load took."""
    end_ms = max(passage.end_ms for passage in passages)
    network = Gap(kind=GapKind.NETWORK, start_ms=20_000, end_ms=31_000, why="no answer in time")
    shed = Gap(kind=GapKind.SHED, start_ms=end_ms // 2, end_ms=end_ms // 2 + 4_000, why="overload: sound only")
    analysed_ms = end_ms - network.length_ms - shed.length_ms
    return Coverage(span_ms=end_ms + 60_000, analysed_ms=analysed_ms, waiting_ms=60_000, gaps=(network, shed))


def _decide_some(stores: Stores, people: dict[str, Person]) -> None:
    cases = stores.cases.queue(CaseQuery(limit=200)).cases
    chosen = [case for case in cases if case.host_id in {"host-5", "host-4"}][:6]
    for number, case in enumerate(chosen):
        choice, reason = [(Choice.VIOLATES, "as_found"), (Choice.LAWFUL, "misheard")][number % 3 == 2]
        given = Submission(
            case_id=case.id, version=case.version, request_id=case.id, choice=choice, reason=reason, note=""
        )
        stores.cases.decide(given, people["wang"])


@contextmanager
def sample_desk(folder: Path, port: int = 0) -> Iterator[tuple[str, Stores]]:
    """The address of a running desk over a sample in this folder, and its store; people log in with a session."""
    policy = policy_at(None)
    reference = legal_reference_of(policy)
    clock = SampleClock()
    enforcement = EnforcementSetup(
        measures=read_measures(Path(configs.__file__).parent / "enforcement"),
        retention=read_retention(Path(configs.__file__).parent / "enforcement"),
        data_dir=folder,
        reference=reference,
    )
    stores = Stores.over(open_engine(f"sqlite:///{folder / 'desk.db'}"), now=clock, enforcement=enforcement)
    fill(stores, policy, clock, folder)
    app = create_app(
        stores,
        folder,
        class_names=reference.classes,
        exemption_names={rule.id: (rule.zh, rule.id.replace("_", " ")) for rule in policy.context.exemptions},
        laws=reference.laws,
        settings=settings_in_force(load_settings(), None),
        platform=Platform(reader=policy.quantity_reader, word_terms=terms_of(policy)),
        access=Access(auth=Auth.LOCAL),
    )
    listener = listen("127.0.0.1", port)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", stores
    finally:
        app.state.events.close()
        server.should_exit = True
        thread.join(10)
        stores.close()
