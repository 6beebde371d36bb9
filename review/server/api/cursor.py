"""Places in a list as opaque texts, so that callers hand them back and read nothing into them."""

import base64
import binascii
import json

from review.api_errors import OrderRefused

_LONGEST = 2000


def write_cursor(*place: str | int) -> str:
    """The place as a text for a query parameter."""
    spelled = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(spelled.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: type) -> tuple[str | int, ...] | None:
    """What `write_cursor` wrote; None for none; OrderRefused for a text that it did not write."""
    if cursor is None:
        return None
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        place = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
            raise ValueError("other parts")
        if any(isinstance(part, int) and abs(part) >= 1 << 63 for part in place):
            raise ValueError("too large")
        for part in place:
            # Half a surrogate pair is no text, and raises a ValueError.
            str(part).encode()
            if "\0" in str(part):
                raise ValueError("no text")
    except (ValueError, binascii.Error, RecursionError) as error:
        raise OrderRefused("after", "give next_after of the page before, as it was", code="cursor") from error
    return tuple(place)


def read_time_and_id(cursor: str | None) -> tuple[int, str] | None:
    """The time in ms and the id after which a list by time goes on; otherwise as `read_cursor`."""
    place = read_cursor(cursor, int, str)
    return None if place is None else (int(place[0]), str(place[1]))
