"""What is done for checks in the processes that judge: everything that reads what was sent, and all judging."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import yaml

from claims.classifier.learnt_file import OWN
from claims.errors import visible
from claims.passports.passport import Passport
from claims.passports.records import parse_sent_records
from claims.passports.terms import not_in_force
from claims.types import Disposition
from review.judge_pool.policy_in_force import Judges
from review.passports.records import fault_summary
from review.prebroadcast.catalogue import read_rows
from review.prebroadcast.checking import Checker
from review.prebroadcast.codes import codes_in_picture
from review.prebroadcast.errors import CheckRefused, ProductNotRegistered
from review.prebroadcast.limits import CheckLimits
from review.prebroadcast.types import CatalogueRow, Checked, CheckedRows, TextKind
from review.server.api.schemas.prebroadcast import CatalogueOut, check_out, row_out
from review.streams.tenant_rules import StoredRules
from review.streams.tenant_words import ready_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """The products of a check: the ids that are named, the records of those that are registered, and what was sent.

    `file`: passports as they were uploaded, YAML or JSON.
    """

    products: tuple[str, ...] = ()
    registered: Mapping[str, Any] = field(default_factory=dict)
    sent: tuple[Any, ...] = ()
    file: bytes = b""

    def passports(self, checker: Checker, limits: CheckLimits) -> tuple[Passport, ...]:
        """The registered ones that are named, then those that were sent along.

        ProductNotRegistered names an id that neither has.
        """
        records = (*self.sent, *_records(self.file))
        limits.check_products(self.products, records)
        sent = checker.passports(records)
        own = {passport.id for passport in sent}
        wanted = [id_ for id_ in dict.fromkeys(self.products) if id_ not in own]
        for product_id in wanted:
            if product_id not in self.registered:
                raise ProductNotRegistered(product_id)
        named = [self.registered[product_id] for product_id in wanted]
        limits.check_size([*named, *(record for record in records if isinstance(record, dict))])
        return (*checker.registered(named), *sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCheck:
    """A text of a customer and the goods that it speaks of; `words`: the list of its own that is in force."""

    text: str
    kind: TextKind
    goods: Goods
    at: datetime
    limits: CheckLimits
    tenant_id: str = OWN
    words: StoredRules | None = None

    def run(self, judges: Callable[[], Judges]) -> Checked:
        """Everything to remark on it; CheckRefused."""
        self.limits.check_text(self.text)
        checker = Checker(judges, self.limits, self.tenant_id, ready_words(self.words))
        passports = self.goods.passports(checker, self.limits)
        checked = checker.check(self.text, self.kind, passports, self.at)
        return replace(checked, warnings=warnings_of(passports, self.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsCheck:
    """The rows of a catalogue; `file`: as it was uploaded, where they are still to be read."""

    goods: Goods
    at: datetime
    limits: CheckLimits
    rows: tuple[CatalogueRow, ...] = ()
    file: bytes | None = None
    tenant_id: str = OWN
    words: StoredRules | None = None

    def run(self, judges: Callable[[], Judges]) -> CheckedRows:
        """What came of each; CheckRefused."""
        rows = self.rows if self.file is None else read_rows(self.file)
        self.limits.check_rows(rows)
        checker = Checker(judges, self.limits, self.tenant_id, ready_words(self.words))
        passports = self.goods.passports(checker, self.limits)
        return CheckedRows(rows=checker.check_rows(rows, passports, self.at), warnings=warnings_of(passports, self.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnswer:
    """As TextCheck, answered in JSON."""

    check: TextCheck

    def run(self, judges: Callable[[], Judges]) -> bytes:
        """The answer's body."""
        return check_out(self.check.run(judges)).model_dump_json().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAnswer:
    """As RowsCheck, answered in JSON."""

    check: RowsCheck

    def run(self, judges: Callable[[], Judges]) -> bytes:
        """The answer's body."""
        checked = self.check.run(judges)
        answered = [row_out(row) for row in checked.rows]
        flag = Disposition.FLAG.value
        flagged = sum(any(r.finding["disposition"] == flag for r in row.findings) for row in answered)
        return CatalogueOut(rows=answered, flagged=flagged, warnings=list(checked.warnings)).model_dump_json().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesRead:
    """A picture of a code."""

    content: bytes

    def run(self, _judges: Callable[[], Judges]) -> tuple[str, ...]:
        """What the codes in it say; CheckRefused."""
        return codes_in_picture(self.content)


def warnings_of(passports: Sequence[Passport], at: datetime) -> tuple[str, ...]:
    """What supports nothing in a broadcast of that moment, and what was let in before and would not be today."""
    found: list[str] = []
    for passport in passports:
        found += [*passport.warnings, *(f"{passport.id}: {fault}" for fault in passport.objections)]
        found += not_in_force(passport, at.date())
    return tuple(found)


def _records(content: bytes) -> Sequence[Any]:
    """The passport records of an uploaded YAML or JSON file."""
    if not content.strip():
        return ()
    try:
        parsed = parse_sent_records(content)
    except RecursionError as error:
        raise CheckRefused("passports", "is nested too deep") from error
    except (ValueError, yaml.YAMLError) as error:
        why = visible(" ".join(str(error).split()))
        raise CheckRefused("passports", f"is neither YAML nor JSON that can be read: {why}") from error
    if parsed.doubled:
        faults = [(error.path, error.reason) for error in parsed.errors("passports")]
        raise CheckRefused("passports", fault_summary(faults), faults)
    found = parsed.content
    if isinstance(found, dict) and isinstance(found.get("passports"), list):
        return tuple(found["passports"])
    return tuple(found) if isinstance(found, list) else (found,)
