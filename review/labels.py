"""The words of the pages: each closed vocabulary in Chinese and English."""

from collections.abc import Mapping
from typing import NamedTuple

from claims.types import Disposition, VerdictKind
from ingest.types import GapKind
from review.types import StreamState


class Label(NamedTuple):
    """A term in both languages."""

    zh: str
    en: str


VERDICTS: Mapping[VerdictKind, Label] = {
    VerdictKind.CONTRADICTED: Label("与登记不符", "contradicted"),
    VerdictKind.BANNED: Label("法律禁止", "banned"),
    VerdictKind.UNSUPPORTED: Label("缺少证明", "unsupported"),
    VerdictKind.SUPPORTED: Label("有登记支持", "supported"),
    VerdictKind.OUT_OF_SCOPE: Label("不在范围", "out of scope"),
}
DISPOSITIONS: Mapping[Disposition, Label] = {
    Disposition.FLAG: Label("待审", "flag"),
    Disposition.NOTE: Label("备注", "note"),
    Disposition.NONE: Label("不列", "none"),
}
STATES: Mapping[StreamState, Label] = {
    StreamState.WAITING: Label("等待中", "waiting"),
    StreamState.LIVE: Label("直播中", "live"),
    StreamState.ENDED: Label("已结束", "ended"),
    StreamState.FAILED: Label("错误", "error"),
}
SEVERITIES: Mapping[str, Label] = {
    "critical": Label("严重", "critical"),
    "high": Label("高", "high"),
    "medium": Label("中", "medium"),
    "low": Label("低", "low"),
}
GAPS: Mapping[GapKind, Label] = {
    GapKind.NETWORK: Label("网络", "network"),
    GapKind.PUBLISHER: Label("推流端", "publisher"),
    GapKind.SHED: Label("主动舍弃", "shed"),
    GapKind.CRASH: Label("程序崩溃", "crash"),
    GapKind.UNREADABLE: Label("无法解码", "unreadable"),
}
CHANNELS: Mapping[str, Label] = {"speech": Label("说", "said"), "screen": Label("屏", "shown")}
LAW_STATUS: Mapping[str, Label] = {"read": Label("已核", "text read"), "secondary": Label("转引", "secondary source")}


def label_of(labels: Mapping[str, Label], term: str) -> Label:
    """The label of a term from policy data, which may hold terms that this version has no words for."""
    return labels.get(term, Label(term, ""))
