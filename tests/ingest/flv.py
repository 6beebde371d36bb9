"""FLV taken apart for tests: what every viewer needs first, and the tags that follow."""

from dataclasses import dataclass

_HEADER = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One tag with its back pointer."""

    content: bytes
    is_video: bool
    is_key: bool


def tags_of(body: bytes) -> tuple[bytes, list[Tag]]:
    """The header with script and codec parameters, and the media tags."""
    setup, tags, at = body[:_HEADER], list[Tag](), _HEADER
    while at < len(body):
        length = 11 + int.from_bytes(body[at + 1 : at + 4], "big") + 4
        content, at = body[at : at + length], at + length
        if content[0] == 18 or content[12] == 0:
            setup += content
        elif content[12] == 1:
            video = content[0] == 9
            tags.append(Tag(content=content, is_video=video, is_key=video and content[11] >> 4 == 1))
    return setup, tags
