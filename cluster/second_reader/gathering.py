"""What a question about a stored finding is made from: its passages, its passport, what people decided on its like."""

import json
from pathlib import Path

from claims.law.texts import day_of
from claims.passports.load import read_passports
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.second_reader.asking import Material
from claims.second_reader.likeness import most_alike
from claims.second_reader.types import Sent
from claims.types import Finding
from review.second_reader.store import SecondReaderStore
from review.stream_store.queries import StreamQueries

_BEFORE_MS, _AFTER_MS = 60_000, 30_000


class Gatherer:
    """Gathers from the store; the passports of a broadcast are read once."""

    def __init__(
        self, streams: StreamQueries, second_reader: SecondReaderStore, data_dir: Path, sends: tuple[Sent, ...]
    ) -> None:
        self._streams, self._second_reader, self._data_dir, self._sends = streams, second_reader, data_dir, sends
        self._passports: dict[tuple[str, str], tuple[Passport, ...]] = {}

    def material(self, finding: Finding, policy: Policy) -> Material:
        """What is known of the finding; raises UnknownStreamError."""
        assert policy.second_reader is not None
        stream = self._streams.stream(finding.stream_id)
        passages = self._streams.passages(
            finding.stream_id, from_ms=max(0, finding.start_ms - _BEFORE_MS), to_ms=finding.end_ms + _AFTER_MS
        )
        kept = self._second_reader
        decided = kept.decided(stream.tenant_id, finding.class_id) if "decided" in self._sends else ()
        private = (stream.host.name, stream.host.id, stream.host.id.rpartition("/")[2])
        return Material(
            finding=finding,
            passages=passages,
            passport=self._passport(finding, policy),
            day=day_of(stream.started_at) if stream.started_at is not None else None,
            beside=kept.beside(finding),
            decided=most_alike(finding.quote, decided, policy.second_reader.decided),
            private=tuple(dict.fromkeys(private)),
            sends=self._sends,
        )

    def _passport(self, finding: Finding, policy: Policy) -> Passport | None:
        """The product's passport in the version by which it was judged; None: none was, or it is not kept."""
        if finding.product_id is None:
            return None
        known = (finding.stream_id, policy.digest)
        if known not in self._passports:
            texts = self._second_reader.passport_texts(finding.stream_id, self._data_dir)
            self._passports[known] = tuple(
                passport
                for text in texts
                for passport in read_passports(json.loads(text), policy.quantity_reader, source="kept passport")
            )
        own = [p for p in self._passports[known] if p.id == finding.product_id]
        return next((p for p in own if p.version == finding.passport_version), None)

    def forget(self, stream_id: str) -> None:
        """Lets go of the broadcast's passports."""
        self._passports = {key: kept for key, kept in self._passports.items() if key[0] != stream_id}
