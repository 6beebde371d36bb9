"""Code words that reviewers proposed (said=meant), as entries of a candidate's `codewords.yaml`."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from review.analytics.types import Proposal, ProposalKind

_LASTS = timedelta(days=365)
# Read at a cost that keeps most findings below the bar until somebody has replayed the candidate and lowers it.
_COST = 3.0


def is_code_word(proposal: Proposal) -> bool:
    """True for words that tell what they mean: 心灵小屋=眼睛."""
    said, sign, meant = proposal.words.partition("=")
    return proposal.kind is ProposalKind.WORD and bool(sign and said.strip() and meant.strip())


def near_miss_of(code: Proposal, proposals: Iterable[Proposal]) -> str | None:
    """The near miss proposed beside the code word: other words of its class that hold it; None: there is none."""
    said = code.words.partition("=")[0].strip()
    found = sorted(
        p.words
        for p in proposals
        if p.kind is ProposalKind.NEAR_MISS and p.class_id == code.class_id and said in p.words and p.words != said
    )
    return found[0] if found else None


def add_code_words(path: Path, codes: Sequence[tuple[Proposal, str]]) -> None:
    """Adds the code words, each with its near miss, before the file's units; all else stays byte for byte."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.startswith("units:"))
    lines[at:at] = [f"  - {json.dumps(_entry(code, near), ensure_ascii=False)}\n" for code, near in codes]
    path.write_text("".join(lines), encoding="utf-8")


def _entry(code: Proposal, near_miss: str) -> dict[str, object]:
    said, _, meant = (part.strip() for part in code.words.partition("="))
    added = datetime.fromtimestamp(code.created_at_ms / 1000, UTC).date()
    return {
        "said": [said],
        "meant": meant,
        "class": code.class_id,
        "kind": "code",
        "not_beside": [near_miss],
        "cost": _COST,
        "source": f"proposed at the desk, case {code.case_id}",
        "added": added.isoformat(),
        "expires": (added + _LASTS).isoformat(),
        "example": said,
        "near_miss": near_miss,
    }
