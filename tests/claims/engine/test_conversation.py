import ast
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import claims
import configs
from claims.engine.conversation import ClaimEngine, Conversation
from claims.errors import UnknownProduct
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, PlatformFact, VerdictKind
from tests.claims.support import AT, HONEY, POWER_BANK, Speaker

Start = Callable[..., Speaker]
WRONG = "这款充电宝容量两万毫安时"
SLIP = "哦不对,说错了,是一万毫安时"
# One class with rules of our own, so that these tests speak of conversations and not of the law.
TWO_WORDS = """
class: PATENT
judge: banned
law: [{category: "*", cite: [广告法 12], status: read}]
exclusions: {of_a_game: ["己己 .4 甲甲"]}
rules:
  - {id: pair, score: 0.8, patterns: ["甲甲 ..8 乙乙"], excluded_by: [of_a_game]}
  - {id: weak, score: 0.4, patterns: ["丙丙"]}
  - {id: faint, score: 0.2, patterns: ["丁丁"]}
  - {id: tried_out, score: 0.9, shadow: true, patterns: ["戊戊"]}
"""


@pytest.fixture(scope="module")
def two_words(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    folder = tmp_path_factory.mktemp("policy")
    for path in (*configs.POLICY_DIR.rglob("*.yaml"), *configs.POLICY_DIR.rglob("*.txt")):
        copy = folder / path.relative_to(configs.POLICY_DIR)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (folder / "classes" / "PATENT.yaml").write_text(TWO_WORDS, encoding="utf-8")
    return Policy(folder)


@pytest.fixture
def our_speaker(two_words: Policy, load: Callable[..., tuple[Passport, ...]]) -> Speaker:
    return Speaker(ClaimEngine(two_words, load(POWER_BANK), at=AT).conversation("s1", keep_verdicts=True))


def specs(conversation: Conversation) -> list[Finding]:
    return [f for f in conversation.findings if f.class_id == "SPEC_PARAM"]


def ours(conversation: Conversation) -> list[Finding]:
    return [f for f in conversation.findings if f.class_id == "PATENT"]


def test_a_claim_may_run_over_two_passages(our_speaker: Speaker) -> None:
    (finding,) = ours(our_speaker.say("我们的 甲甲", "就是乙乙呀").done())
    assert finding.passage_ids == ("u1", "u2")
    assert finding.quote == "甲甲 就是乙乙"
    assert (finding.start_ms, finding.end_ms) == (0, 4000)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        pytest.param(["甲甲", "一二三四五", "乙乙"], 1, id="over three passages"),
        pytest.param(["甲甲。好", "乙乙"], 0, id="the first sentence ended before"),
        pytest.param(["甲甲。", "乙乙"], 1, id="a full stop that the recogniser set at the passage's end"),
        pytest.param(["甲甲", "一二三四五六七八九十", "乙乙"], 0, id="too many words between"),
        pytest.param(["乙乙", "甲甲"], 0, id="the other way round"),
        pytest.param(["己己里甲甲", "乙乙"], 0, id="a near miss that detectors share"),
    ],
)
def test_how_far_a_claim_may_run(our_speaker: Speaker, said: list[str], found: int) -> None:
    assert len(ours(our_speaker.say(*said).done())) == found


def test_a_long_silence_parts_two_claims(our_speaker: Speaker, two_words: Policy) -> None:
    our_speaker.say("甲甲")
    our_speaker.now_ms += two_words.settings.window_ms + 1
    assert ours(our_speaker.say("乙乙").done()) == []


def test_what_is_shown_is_no_part_of_what_is_said(our_speaker: Speaker) -> None:
    assert ours(our_speaker.say("甲甲").show("乙乙").done()) == []


@pytest.mark.parametrize(
    ("said", "disposition"),
    [("甲甲乙乙", Disposition.FLAG), ("丙丙", Disposition.NOTE), ("戊戊", Disposition.NOTE)],
    ids=["a high score", "a low score", "a rule on trial"],
)
def test_the_score_and_the_rule_decide_what_is_queued(
    our_speaker: Speaker, said: str, disposition: Disposition
) -> None:
    assert [f.disposition for f in ours(our_speaker.say(said).done())] == [disposition]


def test_what_scores_too_low_is_judged_and_not_kept(our_speaker: Speaker) -> None:
    conversation = our_speaker.say("丁丁").done()
    assert ours(conversation) == []
    assert [f.rule for _, f in conversation.judged if f.class_id == "PATENT"] == ["PATENT.faint"]


def test_a_repeat_is_counted_and_no_second_finding(speaker: Start) -> None:
    (finding,) = specs(speaker().say(WRONG, "今天天气真好", "充电宝容量两万毫安时").done())
    assert (finding.count, finding.passage_ids, finding.start_ms) == (2, ("u1", "u3"), 0)


def test_other_ways_of_saying_the_number_are_the_same_pitch(speaker: Start) -> None:
    (finding,) = specs(speaker().say(WRONG, "容量20000mAh", "容量2万毫安").done())
    assert finding.count == 3


def test_another_number_is_another_finding(speaker: Start) -> None:
    assert len(specs(speaker().say(WRONG, "容量三万毫安时").done())) == 2


def test_a_passage_heard_twice_is_counted_once(speaker: Start) -> None:
    host = speaker()
    first, second = host.passage(WRONG), host.passage("充电宝容量两万毫安时")
    for passage in (first, second, first, second):
        host.conversation.hear(passage)
    (finding,) = specs(host.done())
    assert (finding.count, finding.passage_ids) == (2, ("u1", "u2"))


def test_a_slip_that_is_corrected_on_the_spot_is_only_noted(speaker: Start) -> None:
    (finding,) = specs(speaker().say(WRONG, SLIP).done())
    assert finding.disposition is Disposition.NOTE
    assert finding.verdict is VerdictKind.CONTRADICTED
    assert [t.applies for t in finding.exemptions if t.id == "corrected"] == [True]


def test_a_slip_that_is_corrected_two_sentences_later_names_the_correction(speaker: Start) -> None:
    conversation = speaker().say(WRONG, "今天天气真好").conversation
    (flagged,) = specs(conversation)
    assert flagged.disposition is Disposition.FLAG
    host = Speaker(conversation)
    host.now_ms, host.count = 4000, 2
    (finding,) = specs(host.say(SLIP).done())
    assert finding.finding_id == flagged.finding_id
    assert finding.disposition is Disposition.NOTE
    assert finding.exemptions[-1].why == f"corrected on the spot: {SLIP}"


def test_a_claim_repeated_after_its_correction_is_queued_again(speaker: Start) -> None:
    (finding,) = specs(speaker().say(WRONG, SLIP, WRONG).done())
    assert (finding.disposition, finding.count) == (Disposition.FLAG, 2)


def test_a_repeat_can_be_corrected_too(speaker: Start) -> None:
    host = speaker().say(WRONG)
    host.now_ms += 600_000
    (finding,) = specs(host.say(WRONG, SLIP).done())
    assert (finding.disposition, finding.count) == (Disposition.NOTE, 2)


def test_a_correction_comes_too_late(speaker: Start) -> None:
    host = speaker().say(WRONG)
    host.now_ms += 60_000
    (finding,) = specs(host.say(SLIP).done())
    assert finding.disposition is Disposition.FLAG


def test_the_product_is_carried_over(speaker: Start) -> None:
    conversation = (
        speaker(POWER_BANK, HONEY).say("来看充电宝", "容量两万毫安时", "接下来看枣花蜜", "净含量一千克").done()
    )
    assert [(f.product_id, f.claimed) for f in specs(conversation)] == [("P-1", "20000 mAh"), ("P-2", "1000 g")]


def test_before_any_product_is_known_no_passport_is_held_against_the_host(speaker: Start) -> None:
    assert specs(speaker(POWER_BANK, HONEY).say("容量两万毫安时").done()) == []


def on_sale(at_ms: int, product_id: str, stream_id: str = "s1") -> PlatformFact:
    return PlatformFact(stream_id=stream_id, at_ms=at_ms, kind="on_sale", product_id=product_id)


@pytest.mark.parametrize(
    ("facts", "product_id"),
    [
        pytest.param([on_sale(0, "P-1")], "P-1", id="this product"),
        pytest.param([on_sale(0, "P-1"), on_sale(3000, "P-2")], None, id="another product since"),
        pytest.param([on_sale(3000, "P-2"), on_sale(0, "P-1")], None, id="events in any order"),
        pytest.param([on_sale(9000, "P-1")], None, id="an event to come"),
        pytest.param([on_sale(0, "P-1", "s2")], None, id="another stream's event"),
        pytest.param([on_sale(0, "P-9")], None, id="a product without a passport"),
    ],
)
def test_the_platform_says_what_is_on_sale(speaker: Start, facts: list[PlatformFact], product_id: str | None) -> None:
    host = speaker(POWER_BANK, HONEY, facts=tuple(facts)).say("大家好", "欢迎欢迎", "容量两万毫安时")
    assert [f.product_id for f in specs(host.done())] == ([product_id] if product_id else [])


def test_an_unknown_product_is_refused(speaker: Start) -> None:
    with pytest.raises(UnknownProduct, match="'P-9'"):
        speaker().say("你好", product_id="P-9")


def stock(value: int, at_ms: int = 0) -> PlatformFact:
    return PlatformFact(stream_id="s1", at_ms=at_ms, kind="stock", product_id="P-1", value=value)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param([stock(2600)], [("contradicted", "flag")], id="the platform knows better"),
        pytest.param([stock(5)], [], id="the platform agrees"),
        pytest.param([], [("unsupported", "note")], id="the platform says nothing"),
        pytest.param([stock(2600, at_ms=60_000), stock(5)], [], id="what it says later doesn't count"),
    ],
)
def test_a_claim_about_the_platform_is_held_against_its_facts(
    speaker: Start, facts: list[PlatformFact], outcome: list[tuple[str, str]]
) -> None:
    conversation = speaker(facts=tuple(facts)).say("只剩最后五件了").done()
    found = [f for f in conversation.findings if f.class_id == "PROMO_SCARCITY"]
    assert [(f.verdict.value, f.disposition.value) for f in found] == outcome


PAPER = {"scheme": "ISO9001", "number": "ISO9001-12", "scope": "iso9001认证", "issuer": "iso9001"}


@pytest.mark.parametrize(("scheme", "supported"), [("OTHER", True), ("ISO9001", False)])
def test_a_certificate_of_an_unknown_scheme_supports_nothing(speaker: Start, scheme: str, supported: bool) -> None:
    record = {**POWER_BANK, "certificates": [{**PAPER, "scheme": scheme}]}
    conversation = speaker(record).say("通过了iso9001认证").done()
    assert any(f.class_id == "CERT_QUALIFICATION" for f in conversation.findings) is not supported


def test_speech_is_judged_when_the_next_words_are_known(speaker: Start) -> None:
    host = speaker()
    assert host.conversation.hear(host.passage(WRONG)) == []
    assert [f.class_id for f in host.conversation.hear(host.passage("今天天气真好"))] == ["SPEC_PARAM"]
    assert host.conversation.flush() == []
    assert host.conversation.flush() == []


def test_after_a_pause_the_last_words_are_judged(speaker: Start) -> None:
    host = speaker().say(WRONG)
    assert host.conversation.idle_until(3000, patience_ms=5000) == []
    assert [f.class_id for f in host.conversation.idle_until(7000, patience_ms=5000)] == ["SPEC_PARAM"]
    assert host.conversation.idle_until(99_000, patience_ms=5000) == []


def test_what_is_shown_is_judged_at_once(speaker: Start) -> None:
    host = speaker()
    (finding,) = host.conversation.hear(host.passage("电池容量 20000mAh", channel="screen"))
    assert (finding.channel, finding.claimed) == ("screen", "20000 mAh")
    assert finding.quote.endswith("20000mAh")


@pytest.mark.parametrize(
    ("at", "verdicts"),
    [
        pytest.param(AT, [], id="still valid"),
        pytest.param(AT + timedelta(days=400), ["contradicted"], id="ended by then"),
    ],
)
def test_terms_are_judged_by_the_moment_of_the_broadcast(speaker: Start, at: datetime, verdicts: list[str]) -> None:
    paper = {"scheme": "CCC", "number": "2026010907654321", "valid_until": "2027-06-30"}
    conversation = speaker({**POWER_BANK, "certificates": [paper]}, at=at).say("通过了3c认证").done()
    assert [f.verdict.value for f in conversation.findings if f.class_id == "CERT_QUALIFICATION"] == verdicts


def clock_calls() -> Iterator[str]:
    for path in Path(str(claims.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today", "time", "localtime"}:
                yield f"{path.name}:{node.lineno} {node.attr}"


def test_no_judgement_looks_at_a_clock() -> None:
    assert list(clock_calls()) == []


SENTENCES = [
    WRONG,
    "容量足足",
    "两万毫安时",
    SLIP,
    "净含量一千克的枣花蜜",
    "来看充电宝",
    "今天天气真好",
    "全网最低价",
    "原价一百九十九块",
]
talks = st.lists(st.tuples(st.sampled_from(SENTENCES), st.sampled_from(["speech", "screen"])), max_size=8)


def tell(host: Speaker, talk: list[tuple[str, str]]) -> Iterator[None]:
    for text, channel in talk:
        host.conversation.hear(host.passage(text, channel=channel))
        yield
    host.done()
    yield


def as_json(host: Speaker) -> list[dict[str, object]]:
    return [f.to_json() for f in host.conversation.findings]


@given(talks, talks)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stream_is_judged_alike_whoever_else_is_on_air(
    policy: Policy,
    load: Callable[..., tuple[Passport, ...]],
    one: list[tuple[str, str]],
    other: list[tuple[str, str]],
) -> None:
    passports = load(POWER_BANK, HONEY)
    engine = ClaimEngine(policy, passports, at=AT)
    alone = Speaker(ClaimEngine(policy, passports, at=AT).conversation("s1"))
    list(tell(alone, one))
    mixed, neighbour = Speaker(engine.conversation("s1")), Speaker(engine.conversation("s2"))
    turns = [tell(mixed, one), tell(neighbour, other)]
    while turns:
        turns = [turn for turn in turns if next(turn, "ended") != "ended"]
    assert as_json(mixed) == as_json(alone)
    ours, theirs = ({f.finding_id for f in host.conversation.findings} for host in (mixed, neighbour))
    assert not ours & theirs


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({**POWER_BANK, "id": "P-7"}, id="another product"),
        pytest.param(POWER_BANK, id="the same product"),
    ],
)
def test_the_id_is_made_of_stream_product_and_words(speaker: Start, record: dict[str, Any]) -> None:
    (base,) = specs(speaker().say(WRONG).done())
    (again,) = specs(speaker(record).say("好的好的", WRONG).done())
    assert (again.finding_id == base.finding_id) is (record is POWER_BANK)
    (elsewhere,) = specs(speaker(stream_id="s2").say(WRONG).done())
    (shown,) = specs(speaker().show(WRONG).done())
    assert elsewhere.finding_id != base.finding_id == shown.finding_id
