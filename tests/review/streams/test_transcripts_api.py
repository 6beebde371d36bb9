"""What was said and shown, over HTTP: by cursor, as WebVTT, with personal data only for who may have it."""

import re
from collections.abc import Callable

import httpx
import pytest

from claims.types import FrameBox, Passage
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.webhooks.conftest import address, as_tenant, clock, enforcement_setup, told

__all__ = ["address", "as_tenant", "clock", "enforcement_setup", "told"]

As = Callable[..., httpx.Client]
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
READ = (Scope.TRANSCRIPTS_READ,)


def said(name: str, start_ms: int, text: str, **changes: object) -> Passage:
    values = {"stream_id": "a1", "id": name, "start_ms": start_ms, "end_ms": start_ms + 1_500, "text": text}
    return Passage.model_validate(values | changes)


@BOTH
def test_a_cursor_misses_neither_what_came_late_nor_what_has_grown(told: Stores, as_tenant: As) -> None:
    acme = as_tenant("acme", READ)
    box = FrameBox(left=1, top=2, right=30, bottom=40)
    told.stream_writer.add_passages([said("u1", 4_000, "这款"), said("t1", 5_000, "限时", channel="screen", box=box)])
    first = acme.get("/v1/streams/a1/passages", params={"limit": 1}).json()
    assert [(p["number"], p["id"]) for p in first["passages"]] == [(1, "u1")]
    assert first["more"]
    told.stream_writer.add_passages(
        [said("u0", 1_000, "大家好"), said("t1", 5_000, "限时秒杀", channel="screen", box=box)]
    )
    rest = acme.get("/v1/streams/a1/passages", params={"after": first["next_after"]}).json()
    assert [(p["number"], p["id"], p["text"]) for p in rest["passages"]] == [(3, "u0", "大家好"), (4, "t1", "限时秒杀")]
    told.stream_writer.add_passages([said("u0", 1_000, "大家好")])
    again = acme.get("/v1/streams/a1/passages", params={"after": rest["next_after"]}).json()
    assert again == {"passages": [], "next_after": 4, "more": False, "redacted": True}
    screen = acme.get("/v1/streams/a1/passages", params={"channel": "screen"}).json()["passages"]
    assert [p["box"] for p in screen] == [{"left": 1, "top": 2, "right": 30, "bottom": 40}]


def test_personal_data_needs_a_scope_of_its_own(told: Stores, as_tenant: As) -> None:
    told.stream_writer.add_passages([said("u1", 0, "打13812345678")])
    for path in ("/v1/streams/a1/passages", "/v1/streams/a1/transcript.vtt"):
        assert "13812345678" not in as_tenant("acme", READ).get(path).text
        assert "13812345678" in as_tenant("acme", (*READ, Scope.TRANSCRIPTS_FULL)).get(path).text
        assert as_tenant("acme", (Scope.TRANSCRIPTS_FULL,)).get(path).status_code == 403
        assert as_tenant("bolt", READ).get(path).status_code == 404


def test_the_transcript_is_webvtt_that_no_text_breaks(told: Stores, as_tenant: As) -> None:
    told.stream_writer.add_passages(
        [
            said("u2", 3_605_000, "a --> b\n\nNOTE <i>&"),
            said("u1", 1_250, "你好"),
            said("t1", 2_000, "到手价", channel="screen"),
        ]
    )
    answer = as_tenant("acme", READ).get("/v1/streams/a1/transcript.vtt")
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    blocks = answer.text.strip().split("\n\n")
    assert blocks[0] == "WEBVTT"
    assert blocks[1] == "u1\n00:00:01.250 --> 00:00:02.750\n<c.speech>你好</c>"
    assert blocks[3] == "u2\n01:00:05.000 --> 01:00:06.500\n<c.speech>a --&gt; b NOTE &lt;i&gt;&amp;</c>"
    assert len(blocks) == 4
    assert all(re.fullmatch(r"[\d:.]{12} --> [\d:.]{12}", block.split("\n")[1]) for block in blocks[1:])
    only = as_tenant("acme", READ).get("/v1/streams/a1/transcript.vtt", params={"channel": "screen", "to_ms": 3_000})
    assert only.text.count("-->") == 1
