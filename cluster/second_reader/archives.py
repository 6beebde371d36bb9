"""A batch read again: the doubtful findings of its files, after all of them were screened, and what that took."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from claims.law.texts import day_of
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.second_reader.asking import Material, question
from claims.second_reader.doubt import is_doubtful
from claims.second_reader.merging import merged
from claims.second_reader.types import CaseHold
from claims.types import Finding, Passage
from cluster.batch.folder import FINDINGS, PASSAGES, replace_text
from cluster.batch.types import BatchJob, BatchReading
from cluster.second_reader.following import SecondReader
from cluster.second_reader.listening import Listener
from cluster.second_reader.types import Outcome, SecondReaderConfig, SecondReadingResult
from review.second_reader.store import SecondReaderStore
from review.stream_store.queries import StreamQueries
from review.streams.rows import finding_from_json


class BatchReader:
    """Reads what a batch found and is in doubt; with `stored`, in the store as well, where people may be at it."""

    def __init__(
        self,
        job: BatchJob,
        config: SecondReaderConfig,
        listener: Listener,
        policy: Policy,
        passports: Sequence[Passport],
        *,
        stored: tuple[StreamQueries, SecondReaderStore, SecondReader] | None = None,
    ) -> None:
        self._job, self._config, self._listener, self._policy = job, config, listener, policy
        self._passports: Mapping[str, Passport] = {passport.id: passport for passport in passports}
        self._stored = stored
        self._passages: dict[str, list[Passage]] = {}

    def read(self) -> BatchReading:
        """Writes the batch's findings anew with what was said of them; gives what it took."""
        path: Path = self._job.out / FINDINGS
        findings = [finding_from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
        for line in (self._job.out / PASSAGES).read_text(encoding="utf-8").splitlines():
            passage = Passage.model_validate_json(line)
            self._passages.setdefault(passage.stream_id, []).append(passage)
        reading = BatchReading(model=self._config.name)
        with ThreadPoolExecutor(self._config.at_once) as pool:
            read = list(pool.map(self._read, findings))
        written: list[Finding] = []
        for made, heard in read:
            written += made
            if heard is not None:
                _note(reading, heard, made[0])
        lines = (json.dumps(finding.to_json(), ensure_ascii=False) + "\n" for finding in written)
        replace_text(path, "".join(lines))
        return reading

    def _read(self, finding: Finding) -> tuple[list[Finding], SecondReadingResult | None]:
        if finding.second_reading is not None or not is_doubtful(finding, self._config.doubt, self._policy):
            return [finding], None
        if self._stored is not None:
            return self._read_stored(*self._stored, finding)
        near = self._passages.get(finding.stream_id, [])
        material = Material(
            finding=finding,
            passages=tuple(near),
            passport=self._passports.get(finding.product_id or ""),
            day=day_of(self._job.at),
            sends=self._config.sends,
        )
        asked = question(material, self._policy)
        if asked is None:
            return [finding], SecondReadingResult(outcome=Outcome.UNASKED)
        heard = self._listener.ask(asked, finding.stream_id)
        if heard.opinion is None:
            return [finding], heard
        made = merged(material, asked, heard.opinion, CaseHold.FREE, self._policy)
        return [made.finding, *([] if made.heir is None else [made.heir])], heard

    def _read_stored(
        self, streams: StreamQueries, second_reader: SecondReaderStore, reader: SecondReader, finding: Finding
    ) -> tuple[list[Finding], SecondReadingResult | None]:
        heard = None
        if second_reader.claim(finding, stale_ms=round(self._config.deadline_s * 3000)):
            heard = reader.read(finding)
        now = streams.finding(finding.finding_id).finding
        if now.superseded_by in {None, now.finding_id}:
            return [now], heard
        return [now, streams.finding(now.superseded_by or "").finding], heard


def _note(reading: BatchReading, heard: SecondReadingResult, finding: Finding) -> None:
    reading.outcomes[heard.outcome.value] += 1
    reading.calls += heard.calls
    reading.tokens_in += heard.tokens_in
    reading.tokens_out += heard.tokens_out
    reading.cost += heard.cost
    if finding.second_reading is not None:
        reading.effects[finding.second_reading.effect] += 1
