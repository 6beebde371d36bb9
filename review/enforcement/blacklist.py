"""The blacklist as a signed document that other platforms can check: who, why by law, from when to when."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from review.audit.chain import canonical
from review.audit.errors import SignatureError
from review.audit.keys import KeyRing, Signature, check_signature
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import Measure

FORMAT = "zhenyan-blacklist/1"
_GOOD_FOR_MS = DAY_MS


def signed_list(
    measures: Sequence[Measure], platforms: Mapping[str, str], keys: KeyRing, now_ms: int
) -> dict[str, object]:
    """The entries that bind now, signed; good for a day, so that nobody stays on an old copy.

    Account ids and terms alone: no name, no identifier, no text. `platforms`: each host's platform.
    """
    content: dict[str, object] = {
        "format": FORMAT,
        "issued_at_ms": now_ms,
        "good_until_ms": now_ms + _GOOD_FOR_MS,
        "entries": [
            {
                "id": measure.id,
                "host_id": measure.host_id,
                "platform": platforms.get(measure.host_id, ""),
                "breach": measure.breach,
                "starts_at_ms": measure.starts_at_ms,
                "ends_at_ms": measure.ends_at_ms,
            }
            for measure in sorted(measures, key=lambda m: (m.starts_at_ms, m.id))
            if measure.binds(now_ms)
        ],
    }
    signature = keys.sign(canonical(content).encode(), now_ms)
    return {"list": content, "algorithm": "Ed25519", **asdict(signature)}


def check_list(document: Mapping[str, object], keys: Mapping[str, str], now_ms: int) -> Mapping[str, object]:
    """The list within, if one of these keys signed it and it is not out of date; SignatureError if not."""
    content = document.get("list")
    if not isinstance(content, Mapping) or document.get("algorithm") != "Ed25519":
        raise SignatureError("blacklist: is no signed list; get it again")
    signature = Signature(key_id=str(document.get("key_id")), signature=str(document.get("signature")))
    try:
        spelled = canonical(content).encode()
    except TypeError as error:
        raise SignatureError("blacklist: is no signed list; get it again") from error
    check_signature(spelled, signature, keys)
    good_until_ms = content.get("good_until_ms")
    if not isinstance(good_until_ms, int) or now_ms >= good_until_ms:
        raise SignatureError("blacklist: is out of date; get it again")
    return content
