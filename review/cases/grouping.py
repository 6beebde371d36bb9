"""Which findings are one case, and which cases tell the same script."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from claims.types import Finding

if TYPE_CHECKING:
    from datasketch import MinHash

BANDS = 16
_PERMUTATIONS = 64
_SHINGLE = 3
SAME_SCRIPT = 0.7


def case_key(finding: Finding, host_id: str) -> str:
    """The same for findings of one host about one product that claim the same thing, in any broadcast.

    Numbers held against a registered value are the same claim where path and claimed value are; wording is, where the
    rule and what its words mean are.
    """
    if finding.passport_path is not None:
        claim = [finding.passport_path, finding.claimed]
    else:
        claim = [finding.rule, *sorted({m.meant for m in finding.match if m.meant})]
    identity = "\x1f".join([host_id, finding.product_id or "", finding.class_id, *claim])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def script_of(finding: Finding) -> str:
    """The words by which rooms that read one script are told: the claim as understood, without punctuation."""
    return "".join(c for c in finding.normalised if c.isalnum())


def script_bands(text: str, class_id: str) -> tuple[str, ...]:
    """Band hashes of the text's MinHash: texts of one class that share one are probably one script."""
    minhash = _minhash(text)
    rows = _PERMUTATIONS // BANDS
    values = minhash.hashvalues
    return tuple(
        hashlib.sha256(
            f"{class_id}\x1f{band}\x1f{values[band * rows : (band + 1) * rows].tobytes().hex()}".encode()
        ).hexdigest()[:24]
        for band in range(BANDS)
    )


def alike(one: str, other: str) -> float:
    """How much two scripts share, by their three-character pieces: Jaccard, in [0, 1]."""
    left, right = _shingles(one), _shingles(other)
    return len(left & right) / len(left | right) if left | right else 0.0


def same_script(text: str, others: Iterable[tuple[str, str]]) -> list[str]:
    """The ids of those texts that tell the same script, the closest first."""
    scored = [(alike(text, other), case_id) for case_id, other in others]
    return [case_id for score, case_id in sorted(scored, reverse=True) if score >= SAME_SCRIPT]


def _minhash(text: str) -> "MinHash":
    # Thirty megabytes, which processes that file no findings are spared.
    from datasketch import MinHash

    minhash = MinHash(num_perm=_PERMUTATIONS, seed=1)
    minhash.update_batch([piece.encode() for piece in sorted(_shingles(text))])
    return minhash


def _shingles(text: str) -> set[str]:
    if len(text) <= _SHINGLE:
        return {text} if text else set()
    return {text[i : i + _SHINGLE] for i in range(len(text) - _SHINGLE + 1)}


def language_of_words(words: str) -> str:
    """`zh` for words with a Chinese character among them, else `other`: which queue by language they are in."""
    return "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in words) else "other"
