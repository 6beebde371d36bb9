"""What was said and shown as WebVTT, for players and archives."""

from collections.abc import Iterable

from claims.types import Passage

_SHORTEST_MS = 1


def webvtt(passages: Iterable[Passage]) -> str:
    """The passages as cues in the order of the broadcast: the passage's id names the cue, its channel the class."""
    cues = ["WEBVTT"]
    for passage in sorted(passages, key=lambda p: (p.start_ms, p.end_ms, p.id)):
        end_ms = max(passage.end_ms, passage.start_ms + _SHORTEST_MS)
        times = f"{_moment(passage.start_ms)} --> {_moment(end_ms)}"
        # An arrow or a line break would end the cue's name or its text early.
        name = passage.id.replace("-->", "").replace("\n", " ")
        cues.append(f"{name}\n{times}\n<c.{passage.channel}>{_escaped(passage.text)}</c>")
    return "\n\n".join(cues) + "\n"


def _moment(at_ms: int) -> str:
    seconds, thousandths = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _escaped(text: str) -> str:
    spelled = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(spelled.split())
