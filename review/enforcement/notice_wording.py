"""The sentences of a notice, in Chinese and English: facts, dates, citations."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from claims.types import CHINA_TIME
from review.enforcement.penalty_table import Measures
from review.enforcement.types import Fact, Measure, Occurrence

_VERBS_ZH = {"speech": "口播称", "screen": "画面展示"}
_VERBS_EN = {"speech": "said aloud", "screen": "shown on screen"}


def clean(text: str) -> str:
    """The text on one line, without characters that nobody sees."""
    seen = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in text)
    return " ".join(seen.split())


def offset(at_ms: int) -> str:
    """How far into the broadcast: 1:02:07."""
    minutes, seconds = divmod(max(0, at_ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def date_zh(at_ms: int, *, seconds: bool = False) -> str:
    """The moment in China Standard Time: 2026年12月5日20时00分."""
    at = _china(at_ms)
    return f"{at.year}年{at.month}月{at.day}日{at:%H}时{at:%M}分" + (f"{at:%S}秒" if seconds else "")


def date_en(at_ms: int, *, seconds: bool = False) -> str:
    """The moment in China Standard Time: 2026-12-05 20:00."""
    return _china(at_ms).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def fact_zh(number: int, fact: Fact, basis: Sequence[str]) -> str:
    """What was said, when, where, and what it was found to be. `basis`: the citations as they are printed."""
    about = f"就商品“{fact.product}”，" if fact.product else ""
    said = "；".join(
        f"{_where_zh(group[0], other=at > 0)}，{about if at == 0 else ''}{_quotes_zh(group)}"
        for at, group in enumerate(_by_broadcast(fact.occurrences))
    )
    if fact.more_broadcasts:
        said += f"；另有 {fact.more_broadcasts} 场直播有同样内容"
    compared = f"所称：{fact.claimed}；登记：{fact.registered}。" if fact.registered else ""
    return f"{number}．{said}。{compared}认定为“{fact.class_zh}”，适用{'、'.join(basis)}。"


def fact_en(number: int, fact: Fact, basis: Sequence[str]) -> str:
    """The same in English."""
    about = f"about “{fact.product}”, " if fact.product else ""
    said = "; ".join(
        f"{_where_en(group[0], other=at > 0)}, {about if at == 0 else ''}{_quotes_en(group)}"
        for at, group in enumerate(_by_broadcast(fact.occurrences))
    )
    if fact.more_broadcasts:
        said += f"; the same in {fact.more_broadcasts} more broadcast(s)"
    compared = f" Claimed: {fact.claimed}; registered: {fact.registered}." if fact.registered else ""
    return f"{number}. {said}.{compared} Found to be “{fact.class_en}” under {'; '.join(basis)}."


def amended_zh(
    appeal_id: str, facts: Sequence[int], fallen: int, before: Measure, after: Measure, table: Measures, now_ms: int
) -> str:
    """What an appeal changed of a notice. `facts`: those of it that fell, as it numbered them; `fallen`: how many."""
    gone = f"原通知书第{'、'.join(map(str, facts))}项事实" if facts else f"{fallen} 项事实"
    said = [f"{gone}经复核撤销，不再计分"] if fallen else []
    if after.kind is not before.kind:
        said.append(f"措施由“{table.measures[before.kind].zh}”改为“{table.measures[after.kind].zh}”")
    if after.ends_at_ms != before.ends_at_ms:
        said.append(f"期限由至{date_zh(before.ends_at_ms)}止改为至{date_zh(after.ends_at_ms)}止")
    return f"本通知书依{date_zh(now_ms)}的申诉决定（申诉编号 {appeal_id[:8]}）更正：{'；'.join(said or ['措施不变'])}。"


def amended_en(
    appeal_id: str, facts: Sequence[int], fallen: int, before: Measure, after: Measure, table: Measures, now_ms: int
) -> str:
    """The same in English."""
    gone = f"fact(s) {', '.join(map(str, facts))} of the earlier notice" if facts else f"{fallen} fact(s)"
    said = [f"{gone} fell and no longer count"] if fallen else []
    if after.kind is not before.kind:
        said.append(f"the measure is {table.measures[after.kind].en} instead of {table.measures[before.kind].en}")
    if after.ends_at_ms != before.ends_at_ms:
        said.append(f"it ends {date_en(after.ends_at_ms)} instead of {date_en(before.ends_at_ms)}")
    changes = "; ".join(said or ["the measure is the same"])
    return f"Corrected by the decision of {date_en(now_ms)} on appeal {appeal_id[:8]}: {changes}."


def _where_zh(at: Occurrence, *, other: bool) -> str:
    when = "（开播时间未记录）" if at.said_at_ms is None else date_zh(at.said_at_ms, seconds=True)
    return f"{'另于' if other else ''}{when}，直播“{at.title}”（开播后 {offset(at.at_ms)}）"


def _where_en(at: Occurrence, *, other: bool) -> str:
    when = "at a start that was not recorded" if at.said_at_ms is None else date_en(at.said_at_ms, seconds=True)
    return f"{'again ' if other else ''}{when}, broadcast “{at.title}” at {offset(at.at_ms)}"


def _quotes_zh(group: Sequence[Occurrence]) -> str:
    first, *more = group
    said = f"{_VERBS_ZH[first.channel]}：“{first.quote}”"
    return said + "".join(f"，{_VERBS_ZH[each.channel]}（{offset(each.at_ms)}）：“{each.quote}”" for each in more)


def _quotes_en(group: Sequence[Occurrence]) -> str:
    first, *more = group
    said = f"{_VERBS_EN[first.channel]}: “{first.quote}”"
    return said + "".join(f", {_VERBS_EN[each.channel]} ({offset(each.at_ms)}): “{each.quote}”" for each in more)


def _by_broadcast(occurrences: Sequence[Occurrence]) -> list[list[Occurrence]]:
    groups: dict[str, list[Occurrence]] = {}
    for each in occurrences:
        groups.setdefault(each.stream_id, []).append(each)
    return list(groups.values())


def _china(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(CHINA_TIME)
