"""Each reason that the recorder can give is worded in Chinese: the reasons are read out of its code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ingest
import net
from ingest.decode.depth import Depth
from ingest.errors import BrokenMedia, ParserDied
from ingest.sandbox.process import how_it_ended
from net.errors import UnreachableSource
from review.presentation.language import Words

ENGLISH = re.compile("[a-z]{2,}")
# What carries a reason to pages: the second argument, or `why`. Clips' errors end in a log.
CARRIERS = {"UnreachableSource", "UnsupportedSource", "BrokenMedia", "ParserDied", "note", "_pass_over"}
VALUES = {"kind": "audio", "ended": "vanished", "what": "X-1", "known": "X-2", "package": "x9", "why": "not reached"}
URL = "https://tv.example/a.m3u8"


def told_by(node: ast.expr) -> Iterator[str]:
    """What this expression says, with a value in each place; a reason that comes from elsewhere is not seen here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else value_of(part) for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from told_by(node.body)
        yield from told_by(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from told_by(part)


def value_of(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    name = ast.unparse(part.value)
    return VALUES.get(name, "7" if "join" not in name else "X-3")


def reasons() -> list[str]:
    folders = [Path(package.__path__[0]) for package in (net, ingest)]
    files = [file for folder in folders for file in folder.rglob("*.py") if "clips" not in file.parts]
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and name_of(node.func) in CARRIERS:
                said = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "why")]
                found |= {told for one in said for told in told_by(one)}
            if isinstance(node, ast.Assign) and name_of(node.targets[0]) == "failure" and "capture" in file.parts:
                found |= set(told_by(node.value)) - {""}
            if isinstance(node, ast.FunctionDef) and node.name == "_cause":
                found |= {told for one in ast.walk(node) if isinstance(one, ast.Constant) for told in told_by(one)}
    return sorted(found)


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def test_the_reasons_are_found_in_the_code() -> None:
    assert {"disk full", "the connection failed", "the server answered 7", "the capture was killed"} <= set(reasons())
    assert len(reasons()) > 55


@pytest.mark.parametrize("told", reasons())
def test_every_reason_of_the_code_has_its_words(told: str) -> None:
    assert Words("en").reason(told) == told
    assert not ENGLISH.search(Words("zh").reason(told).replace("ffmpeg", ""))


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            str(UnreachableSource(URL, "the server answered 404", transient=False)),
            f"{URL}：服务器返回 404；请检查地址",
        ),
        (
            str(BrokenMedia(URL, "no packets", sequence=3)),
            f"{URL}：第 3 个分片：无法作为音视频读取（没有数据包）；请检查源",
        ),
        (
            str(ParserDied(URL, f"3 times in a row; {how_it_ended(-9, '')}")),
            f"{URL}：读取进程异常退出（连续 3 次；被强制终止）；请检查源",
        ),
        ("the playlist was not had: the server answered 503", "未取得播放列表：服务器返回 503"),
        ("silence; the connection was lost", "没有收到数据；连接中断"),
        (Depth(pictures="sampled", every_ms=4_000).why, "按委托每 4 秒分析一个画面"),
        ("overload: one key frame in 2", "负载过高，每 2 个关键帧分析一个"),
    ],
)
def test_a_whole_reason_as_it_is_kept(told: str, shown: str) -> None:
    assert Words("zh").reason(told) == shown


@pytest.mark.parametrize("told", ["", "what nobody foresaw", "a: b: c: d: e: f"])
def test_what_has_no_words_is_shown_as_it_is(told: str) -> None:
    assert Words("zh").reason(told) == told
