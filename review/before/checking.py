"""Checks a text before the broadcast by the same engine that judges the broadcast."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claims.conversation import ClaimEngine
from claims.errors import PassportError
from claims.passport import Passport
from claims.passport_load import read_passports
from claims.policy import Policy
from claims.semantic import Semantics
from claims.types import Disposition, Finding
from review.before.errors import CheckRefused
from review.before.pieces import STREAM, cut
from review.before.types import CatalogueRow, Checked, CheckedRow, Piece, Remark, TextKind
from review.before.wording import wordings

MOST_CHARS = 60_000
MOST_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What is judged by: the policy in force and the layer that reads what no rule lists."""

    policy: Policy
    semantics: Semantics


class Checker:
    """Checks texts, one after the other; what is heavy is loaded by the first that needs it.

    `judges` gives what is judged by now; it is asked each time, for a new policy may have gone live.
    """

    def __init__(self, judges: Callable[[], Judges]) -> None:
        self._judges = judges
        self._turn = threading.Lock()

    def passports(self, records: Sequence[Any]) -> tuple[Passport, ...]:
        """Passports as they were sent; CheckRefused names the place of the first error."""
        if not records:
            return ()
        # As JSON they come and by their JSON their versions are known.
        plain = json.loads(json.dumps(list(records), default=str))
        try:
            return read_passports(plain, self._judges().policy.quantity_reader, source="passports")
        except PassportError as error:
            raise CheckRefused("passports", str(error).removeprefix("passports ")) from error

    def check(
        self, text: str, kind: TextKind, passports: Sequence[Passport], at: datetime, product_id: str | None = None
    ) -> Checked:
        """Everything to remark on the text; CheckRefused where it is empty, too long or no captions.

        `at`: the moment of the broadcast, by which prices and validity are judged. `product_id`: what all of it
        speaks of; None: worked out from the words, among these passports.
        """
        if not text.strip():
            raise CheckRefused("text", "is empty; send the words to check")
        if len(text) > MOST_CHARS:
            raise CheckRefused("text", f"has {len(text)} characters, at most {MOST_CHARS} are taken; send it in parts")
        pieces = cut(text, kind)
        with self._turn:
            judges = self._judges()
            findings = _judge(judges, pieces, passports, at, product_id)
        known = {passport.id: passport for passport in passports}
        remarks = [_remark(text, pieces, finding, judges.policy, known, at) for finding in findings]
        return Checked(
            text=text,
            remarks=tuple(sorted(remarks, key=lambda r: (r.start, r.end, r.finding.finding_id))),
            policy=judges.policy.name,
            products={passport.id: passport.name for passport in passports},
            piece_count=len(pieces),
            left_out=judges.semantics.left_out,
        )

    def check_rows(
        self, rows: Sequence[CatalogueRow], passports: Sequence[Passport], at: datetime
    ) -> tuple[CheckedRow, ...]:
        """Every row by itself, as a page; a row that names an unknown product says so and the others go on."""
        if len(rows) > MOST_ROWS:
            raise CheckRefused("rows", f"are {len(rows)}, at most {MOST_ROWS} are taken; send them in parts")
        by_id = {passport.id: passport for passport in passports}
        checked: list[CheckedRow] = []
        for row in rows:
            if row.product_id and row.product_id not in by_id:
                error = f"product {row.product_id!r}: no passport of this id is registered"
                checked.append(CheckedRow(row=row, checked=None, error=error))
                continue
            own = [by_id[row.product_id]] if row.product_id else list(passports)
            try:
                found = self.check(row.text, TextKind.PAGE, own, at, row.product_id or None)
            except CheckRefused as refused:
                checked.append(CheckedRow(row=row, checked=None, error=str(refused)))
            else:
                checked.append(CheckedRow(row=row, checked=found))
        return tuple(checked)


def _judge(
    judges: Judges, pieces: Sequence[Piece], passports: Sequence[Passport], at: datetime, product_id: str | None
) -> list[Finding]:
    engine = ClaimEngine(judges.policy, passports, at=at, proposer=judges.semantics.proposer)
    passages = [
        piece.passage if product_id is None else piece.passage.model_copy(update={"product_id": product_id})
        for piece in pieces
    ]
    engine.read_ahead(passages)
    conversation = engine.conversation(STREAM)
    for passage in passages:
        conversation.hear(passage)
    conversation.flush()
    return [f for f in conversation.findings if f.disposition is not Disposition.NONE]


def _remark(
    text: str,
    pieces: Sequence[Piece],
    finding: Finding,
    policy: Policy,
    passports: Mapping[str, Passport],
    at: datetime,
) -> Remark:
    own = [piece for piece in pieces if piece.passage.id in finding.passage_ids]
    start, end = own[0].start, own[-1].end
    place = text.find(finding.quote, start, end)
    if place >= 0:
        start, end = place, place + len(finding.quote)
    passport = passports.get(finding.product_id or "")
    return Remark(
        finding=finding,
        start=start,
        end=end,
        line=text.count("\n", 0, start) + 1,
        wordings=wordings(finding, policy, passport, at.date()),
    )
