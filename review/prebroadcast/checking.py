"""Checks a text before the broadcast by the same engine that judges the broadcast."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from claims.classifier.learnt_file import OWN
from claims.engine.conversation import ClaimEngine
from claims.errors import PassportError
from claims.passports.load import admit_passports, read_passports
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.tenant_words import Words
from claims.types import Disposition, Finding
from review.judge_pool.policy_in_force import Judges
from review.passports.records import fault_summary, faults_of
from review.prebroadcast.errors import CheckRefused
from review.prebroadcast.limits import CheckLimits
from review.prebroadcast.pieces import STREAM, Lines, cut
from review.prebroadcast.types import CatalogueRow, Checked, CheckedRow, Piece, Remark, TextKind
from review.prebroadcast.wording import wordings


class Checker:
    """Checks a customer's texts, within limits; `judges` gives what is judged by now, and is asked for each of them.

    `words`: the customer's own; None: it lists none.
    """

    def __init__(
        self,
        judges: Callable[[], Judges],
        limits: CheckLimits | None = None,
        tenant_id: str = OWN,
        words: Words | None = None,
    ) -> None:
        self._judges = judges
        self._tenant_id = tenant_id
        self._limits = limits or CheckLimits()
        self._words = words

    def passports(self, records: Sequence[Any]) -> tuple[Passport, ...]:
        """Passports as they were sent; CheckRefused holds all that is wrong with them."""
        plain = _as_json(records)
        self._limits.check_sent(plain)
        return self._read(plain, admit_passports)

    def registered(self, records: Sequence[Any]) -> tuple[Passport, ...]:
        """Passports that were let in before, whatever their size; CheckRefused where one can't be read at all."""
        return self._read(_as_json(records), read_passports)

    def _read(self, plain: list[Any], read: Callable[..., tuple[Passport, ...]]) -> tuple[Passport, ...]:
        if not plain:
            return ()
        try:
            return read(plain, self._judges().policy.quantity_reader, source="passports")
        except PassportError as error:
            faults = faults_of(error)
            raise CheckRefused("passports", fault_summary(faults), faults) from error
        except RecursionError as error:
            raise CheckRefused("passports", "are nested too deep") from error

    def check(
        self, text: str, kind: TextKind, passports: Sequence[Passport], at: datetime, product_id: str | None = None
    ) -> Checked:
        """Everything to remark on the text; CheckRefused where it is empty, too long or no captions.

        `at`: the moment of the broadcast, by which prices and validity are judged. `product_id`: what all of it
        speaks of; None: worked out from the words, among these passports.
        """
        self._limits.check_text(text)
        pieces = cut(text, kind)
        self._limits.check_pieces("text", len(pieces))
        engines = _Engines(self._judges(), at, self._tenant_id, self._words)
        return _checked(engines, text, pieces, passports, product_id)

    def check_rows(
        self, rows: Sequence[CatalogueRow], passports: Sequence[Passport], at: datetime
    ) -> tuple[CheckedRow, ...]:
        """Every row by itself, as a page.

        A row of an unknown product says so, and is checked by what is said alone: what other products have proves
        and contradicts nothing of it.
        """
        self._limits.check_rows(rows)
        by_id = {passport.id: passport for passport in passports}
        engines = _Engines(self._judges(), at, self._tenant_id, self._words)
        checked: list[CheckedRow] = []
        count = 0
        for row in rows:
            is_known = row.product_id in by_id
            own = [by_id[row.product_id]] if is_known else [] if row.product_id else list(passports)
            error = ""
            if row.product_id and not is_known:
                error = f"product {row.product_id!r}: no passport of this id is registered; checked without one"
            try:
                self._limits.check_text(row.text)
            except CheckRefused as refused:
                checked.append(CheckedRow(row=row, checked=None, error="; ".join(filter(None, (error, str(refused))))))
                continue
            pieces = cut(row.text, TextKind.PAGE)
            count += len(pieces)
            self._limits.check_pieces("rows", count)
            found = _checked(engines, row.text, pieces, own, row.product_id if is_known else None)
            checked.append(CheckedRow(row=row, checked=found, error=error))
        return tuple(checked)


def _as_json(records: Sequence[Any]) -> list[Any]:
    """The records as JSON, as which they come and by which their versions are known."""
    try:
        plain: list[Any] = json.loads(json.dumps(list(records), default=str))
    except (TypeError, ValueError, RecursionError) as error:
        why = "hold a key that is no text, or are nested too deep or within themselves"
        raise CheckRefused("passports", why) from error
    return plain


class _Engines:
    """What the texts of one request are judged by; an engine of the same passports is built once."""

    def __init__(self, judges: Judges, at: datetime, tenant_id: str, words: Words | None) -> None:
        self.judges = judges
        self.at = at
        self.words = words
        self._tenant_id = tenant_id
        self._engines: dict[tuple[str, ...], ClaimEngine] = {}

    def engine(self, passports: Sequence[Passport]) -> ClaimEngine:
        """The engine that holds claims against these passports."""
        ids = tuple(passport.id for passport in passports)
        if ids not in self._engines:
            policy, reader = self.judges.policy, self.judges.semantics.reader
            self._engines[ids] = ClaimEngine(policy, passports, at=self.at, reader=reader, tenant=self._tenant_id)
        return self._engines[ids]


def _checked(
    engines: _Engines, text: str, pieces: Sequence[Piece], passports: Sequence[Passport], product_id: str | None
) -> Checked:
    judges = engines.judges
    findings = _judge(engines, engines.engine(passports), pieces, product_id)
    known = {passport.id: passport for passport in passports}
    placed: dict[str, list[Piece]] = {}
    for piece in pieces:
        placed.setdefault(piece.passage.id, []).append(piece)
    lines = Lines(text)
    remarks = [_remark(text, lines, placed, finding, judges.policy, known, engines.at) for finding in findings]
    return Checked(
        text=text,
        remarks=tuple(sorted(remarks, key=lambda r: (r.start, r.end, r.finding.finding_id))),
        policy=judges.policy.name,
        products={passport.id: passport.name for passport in passports},
        piece_count=len(pieces),
        left_out=judges.semantics.left_out,
    )


def _judge(engines: _Engines, engine: ClaimEngine, pieces: Sequence[Piece], product_id: str | None) -> list[Finding]:
    passages = [
        piece.passage if product_id is None else piece.passage.model_copy(update={"product_id": product_id})
        for piece in pieces
    ]
    engine.read_ahead(passages)
    conversation = engine.conversation(STREAM)
    for passage in passages:
        conversation.hear(passage)
    conversation.flush()
    found = [f for f in conversation.findings if f.disposition is not Disposition.NONE]
    return found if engines.words is None else engines.words.applied(passages, found, engines.at, {})


def _remark(
    text: str,
    lines: Lines,
    placed: Mapping[str, Sequence[Piece]],
    finding: Finding,
    policy: Policy,
    passports: Mapping[str, Passport],
    at: datetime,
) -> Remark:
    own = sorted((piece for id_ in finding.passage_ids for piece in placed[id_]), key=lambda piece: piece.start)
    start, end = own[0].start, own[-1].end
    place = text.find(finding.quote, start, end)
    if place >= 0:
        start, end = place, place + len(finding.quote)
    passport = passports.get(finding.product_id or "")
    return Remark(
        finding=finding,
        start=start,
        end=end,
        line=lines.at(start),
        wordings=wordings(finding, policy, passport, at.date()),
    )
