"""What a segment gave as a customer's own words have it: looked up in the version that is in force then."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from claims.tenant_words import WordList, Words
from claims.types import Finding, Passage
from review.db.tables.streams import FindingRow
from review.streams.rows import finding_from_json
from review.streams.tenant_rules import StoredRules

_MOST_KEPT = 200


class ListedWords:
    """Customers' word lists, each made ready once a version."""

    def __init__(self) -> None:
        self._ready: dict[str, tuple[int, Words]] = {}

    def applied(
        self,
        connection: Connection,
        stored: StoredRules,
        passages: Sequence[Passage],
        findings: Sequence[Finding],
        at: datetime,
        *,
        anew: bool = False,
    ) -> list[Finding]:
        """The findings with what the customer allows as notes, and those of the words that it lists.

        `stored`: the customer's list in force. `anew`: what the words found before is left aside.
        """
        words = self.ready(stored)
        ids = () if anew else words.ids(passages, at)
        known = select(FindingRow.record).where(FindingRow.finding_id.in_(ids))
        before = [finding_from_json(record) for record in connection.scalars(known)] if ids else []
        return words.applied(passages, findings, at, {finding.finding_id: finding for finding in before})

    def ready(self, stored: StoredRules) -> Words:
        """The words of this version, ready to be looked for."""
        found = self._ready.get(stored.tenant_id)
        if found is None or found[0] != stored.number:
            if len(self._ready) >= _MOST_KEPT:
                self._ready.clear()
            found = stored.number, Words(WordList.model_validate(stored.content), stored.name)
            self._ready[stored.tenant_id] = found
        return found[1]


def ready_words(stored: StoredRules | None) -> Words | None:
    """The words of this version, ready to be looked for; None where nothing is listed."""
    return None if stored is None else Words(WordList.model_validate(stored.content), stored.name)
