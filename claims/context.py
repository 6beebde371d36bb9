"""Contexts that decide: negation, denial, quoting, questions, self-comparison and the rest, each tried and explained.

What the cues are stands in `context.yaml`; this file knows only where a cue must stand to count.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from claims.normalise import is_boundary, is_strong_boundary
from claims.policy import Policy
from claims.policy_models import ContextRule
from claims.types import ExemptionTrial
from claims.window import Window

_ANSWER_REACH = 16
_SHORT_REACH = 4
_TURN = 6
_ASKS_BY_TAIL = re.compile(r"(?<![没不])(有|能|会|可以|是|管用|算).{0,12}(没|不|没有|不是[啊呀呢]?)$")
_GOES_ON = re.compile(r"不是(?![啊呀吧嘛吗呢的]*(?:[,。!?;:]|$))")
# 多少年的老寒腿一贴就好: however many.
_HOWEVER_MANY = re.compile(r"多少(?:年的[^,。!?;:]{2}|[年人天次钱]?(?:都|也))")
_ASKED_RIGHT_AFTER = re.compile(r"的?[吗嘛]")
_RHETORICAL = (
    "难道",
    "还有比",
    "有比",
    "能有假",
    "谁不",
    "哪有比",
    "不香",
    "还等什么",
    "谁家",
    "信不信",
    "你敢",
    "敢不敢",
    "敢喂",
    "敢吃",
    "敢用",
    "敢买",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: its span, and the spans of the words that made it."""

    start: int
    end: int
    slots: tuple[tuple[int, int], ...]


def try_context(rule: ContextRule, window: Window, place: Place, policy: Policy) -> ExemptionTrial | None:
    """The trial of one exemption at one place; None for kinds that are decided elsewhere (`code`)."""
    if rule.kind == "before":
        cue = _before(rule, window, place)
    elif rule.kind == "after":
        cue = None if _is_barred(rule, window, place) else _after(rule.cue, rule.within, rule.wide, window, place.end)
    elif rule.kind == "either":
        cue = (
            _before(rule, window, place)
            or _after(rule.cue, rule.within, rule.wide, window, place.end)
            or _inside(rule, window, place)
        )
    elif rule.kind == "both":
        before = _before(rule, window, place)
        cue = before and _after(rule.cue_after, rule.within_after, True, window, place.end)
        cue = f"{before} … {cue}" if cue else None
    elif rule.kind == "clause":
        left, right = window.clause(place.start, place.end)
        cue = next((window.text[s:e] for s, e in _cues(window, rule.cue) if left <= s and e <= right), None)
    elif rule.kind == "asked":
        cue = _asked(window, place)
    elif rule.kind == "supposed":
        cue = _supposed(rule, window, place)
    else:
        return None
    if (
        rule.id == "negated"
        and cue in {"不", "不是"}
        and _is_rhetorical(window.text[slice(*window.clause(place.start, place.end))])
    ):
        cue = None
    if rule.id == "negated" and cue is None:
        cue = _negated_inside(rule, window, place)
    why = f"{rule.zh} {rule.why}: {cue}" if cue else f"未见“{rule.zh}” no cue: {rule.why}"
    return ExemptionTrial(id=rule.id, applies=cue is not None, why=why)


def _cues(window: Window, names: str | None) -> tuple[tuple[int, int], ...]:
    if not names:
        return ()
    spans = window.located.spans
    if "|" not in names:
        return spans(f"cue:{names}")
    return tuple(sorted(span for name in names.split("|") for span in spans(f"cue:{name}")))


def _covered(span: tuple[int, int], covers: Sequence[tuple[int, int]]) -> bool:
    return any(s <= span[0] and span[1] <= e and (e - s) > (span[1] - span[0]) for s, e in covers)


def _before(rule: ContextRule, window: Window, place: Place) -> str | None:
    """The nearest cue that ends before the claim, within reach and with no barrier between."""
    covers = _cues(window, rule.not_cue or "not_negation")
    barriers = _cues(window, rule.barrier)
    for start, end in reversed(_cues(window, rule.cue)):
        if end > place.start or _covered((start, end), covers):
            continue
        if rule.clause_start and start > 0 and not is_boundary(window.text[start - 1]):
            continue
        within = min(rule.within, _SHORT_REACH) if rule.id == "negated" and end - start == 1 else rule.within
        if not _reaches(window.text, end, place.start, within, rule.wide):
            continue
        if any(end <= s and e <= place.start for s, e in barriers):
            continue
        return window.text[start:end]
    return None


def _after(names: str | None, within: int, wide: bool, window: Window, at: int) -> str | None:
    covers = _cues(window, "not_negation")
    for start, end in _cues(window, names):
        if start < at or _covered((start, end), covers):
            continue
        if _reaches(window.text, at, start, within, wide):
            return window.text[start:end]
    return None


def _is_barred(rule: ContextRule, window: Window, place: Place) -> bool:
    """True where words near the claim take back what its cue would say: 抗癌俩字我不说,懂的都懂."""
    left, right = place.start - rule.within_after, place.end + rule.within_after
    return any(left <= start and start <= right for start, _ in _cues(window, rule.barrier))


def _inside(rule: ContextRule, window: Window, place: Place) -> str | None:
    """A cue within the claim's span but outside the words that made it."""
    for start, end in _cues(window, rule.cue):
        if place.start <= start and end <= place.end and not _touches_slot(start, end, place):
            return window.text[start:end]
    return None


def _touches_slot(start: int, end: int, place: Place) -> bool:
    return any(s < end and start < e for s, e in place.slots)


def _negated_inside(rule: ContextRule, window: Window, place: Place) -> str | None:
    """A negation between the words of the claim (血糖不会降下来), or right after its last word."""
    covers = _cues(window, rule.not_cue)
    for start, end in _cues(window, rule.cue):
        between = place.start < start and end <= place.end and not _touches_slot(start, end, place)
        if between and not _covered((start, end), covers) and not _crosses(window.text, end, place.end):
            return window.text[start:end]
    return None


def _crosses(text: str, start: int, end: int) -> bool:
    return any(is_boundary(c) for c in text[start:end])


def _reaches(text: str, start: int, end: int, within: int, wide: bool) -> bool:
    """True if at most `within` characters lie between, and no boundary that the cue can't cross."""
    between = text[start:end]
    if any(is_strong_boundary(c) for c in between) and not (wide and _only_questions(between)):
        return False
    if not wide and any(is_boundary(c) for c in between):
        return False
    return sum(not is_boundary(c) for c in between) <= within


def _only_questions(between: str) -> bool:
    return all(c in "?!,、:;" for c in between if is_boundary(c))


def _supposed(rule: ContextRule, window: Window, place: Place) -> str | None:
    """The conditional word under which the claim is only supposed.

    Either the condition holds the whole claim and something follows from it, or the claim stands in what would follow
    (`opening`: 那我得…). Not where the condition is about the viewer (`barrier`), unless others' talk is supposed
    (`not_cue`: 要是有人跟你说…); nor where the speaker stakes something on it (`cue_after`: 要是不是全网最低我赔你).
    """
    left, right = window.sentence(place.start, place.end)
    subjects, reports = _cues(window, rule.barrier), _cues(window, rule.not_cue)
    for start, end in reversed(_cues(window, rule.cue)):
        if not left <= start or end > place.start:
            continue
        told = any(end <= s and e <= place.start for s, e in reports)
        if not told and any(end <= s and e <= place.start for s, e in subjects):
            continue
        close = _condition_end(window.text, end, place.end, right)
        near = _reaches(window.text, end, place.start, rule.within, rule.wide)
        held = near and place.end <= close and window.text[close:].strip("。!?;,、的话") != ""
        if not held and not _would_follow(rule, window, close, place):
            continue
        if any(place.end <= s < max(close, place.end) + rule.within_after for s, _ in _cues(window, rule.cue_after)):
            continue
        return window.text[start:end]
    return None


_CONSEQUENCE = re.compile(r"的话|那(?![个款种条么些边样家位台瓶])|就(?!是|算)|[,。!?;:、]")
_THEN = re.compile(r"[,、]那(?![个款种条么些边样家位台瓶]|还(等|犹豫|愣|想|不))")
_WOULD_FOLLOW = 8


def _condition_end(text: str, start: int, claim_end: int, right: int) -> int:
    """Where the condition that begins at `start` gives way to what follows from it."""
    found = _CONSEQUENCE.search(text, start, right)
    if found is not None and found[0] == "就":
        then = _THEN.search(text, claim_end, right)
        comma = text.find(",", claim_end, right)
        return then.start() if then is not None and then.start() == comma else found.start()
    return found.start() if found else right


def _would_follow(rule: ContextRule, window: Window, close: int, place: Place) -> bool:
    return any(
        close <= s and e <= place.start and place.start - e <= _WOULD_FOLLOW for s, e in _cues(window, rule.opening)
    )


def _asked(window: Window, place: Place) -> str | None:
    """The words that make the claim a question, unless the next words affirm it."""
    left, right = window.clause(place.start, place.end)
    clause = window.text[left:right]
    if any(word in clause for word in _RHETORICAL) or _is_rhetorical(clause):
        return None
    if _asks_by_doubling(window.text, place):
        return None if _affirmed(window, right) else window.text[place.start : place.end] + "不…"
    tail = window.text[right : right + 1]
    head = next(
        (
            window.text[s:e]
            for s, e in _cues(window, "question_head")
            if left <= s and e <= place.start + 2 and _HOWEVER_MANY.match(window.text, s) is None
        ),
        None,
    )
    asks = (
        (clause.endswith(("吗", "么", "嘛")) and not clause.endswith(("什么", "怎么", "这么", "那么", "的嘛")))
        or tail == "?"
        or head is not None
    )
    asks = asks or _ASKS_BY_TAIL.search(clause) is not None
    particle = _ASKED_RIGHT_AFTER.match(window.text, place.end)
    if particle is not None:
        right = particle.end()
        asks = True
    if not asks:
        return None
    return None if _affirmed(window, right) else (head or clause[-1:] or "?")


def _asks_by_doubling(text: str, place: Place) -> bool:
    """True for 防脱不防脱, 好不好 and 拉不拉肚子: the claim stands on one side of a 不 that asks.

    是鹅绒不是鸭毛 asks nothing: it goes on with what it is not.
    """
    said = text[place.start : place.end]
    if _GOES_ON.match(text, place.end) is not None:
        return False
    after = text.startswith("不" + said[:1], place.end) or text.startswith("不" + said[-1:], place.end)
    return after or (said.startswith("不") and place.start > 0 and text[place.start - 1] == said[1:2])


def _is_rhetorical(clause: str) -> bool:
    """True for 不是…吗: it asserts what it seems to ask."""
    return "不是" in clause and clause.endswith(("吗", "嘛")) and not clause.startswith(("是不是", "不是吗"))


def _affirmed(window: Window, at: int) -> bool:
    """True if the words after the question say yes."""
    at = next((i for i in range(at, len(window.text)) if not is_boundary(window.text[i])), len(window.text))
    no = [s for s, e in _cues(window, "answer_no") if at <= s < at + _ANSWER_REACH]
    yes = [
        s
        for s, e in _cues(window, "answer_yes")
        if at <= s <= at + 1 and not _covered((s, e), _cues(window, "answer_no"))
    ]
    return bool(yes) and (not no or min(no) - min(yes) > _TURN)
