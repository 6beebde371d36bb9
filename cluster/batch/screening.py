"""Screens files in one process: each is recorded first, then analysed half a minute at a time, and all of it kept."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asr.engines.registry import visible_gpu_count
from asr.recogniser import Cut
from claims.passports.load import passport_texts
from claims.products.hotwords import hotwords_of
from claims.types import Disposition, Finding, Passage
from cluster.batch.folder import END, FileWork, held
from cluster.batch.types import WORK, BatchJob, BatchSource, FileProgress, FileResult, FileState
from cluster.errors import NothingToScreen, StateUnusable
from cluster.stages.asr import AsrStage, asr_stage_of, placement_of
from cluster.stages.capture import CaptureStage
from cluster.stages.checkpoint import (
    Checkpoint,
    Versions,
    checkpoint_file,
    program_version,
    read_checkpoint,
    write_checkpoint,
)
from cluster.stages.decode import DecodeStage
from cluster.stages.judging import JudgingStage, on_sale
from cluster.stages.ocr import OcrStage
from cluster.stages.policies import LoadedPolicies
from cluster.stages.products import ProductStage
from cluster.stages.recorder import Recorder
from cluster.stages.state import Stateful
from cluster.types import Prepared, ScreenJob
from ingest.recording.manifest import read_end, read_manifest
from ingest.types import Segment
from net.errors import ZhenyanError
from review.evidence.basis import keep_basis
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState
from vision.layout.types import RoomMark
from vision.products.timeline import Evidence

# Half a minute: about as many cuts as fill a call of the recogniser. So much is done again after a kill, at the most.
_TOGETHER = 16

ProgressListener = Callable[[FileProgress], None]


class BatchScreener:
    """A process's share of a batch; the engines are loaded once, by the first file that is screened."""

    def __init__(self, job: BatchJob) -> None:
        self._job = job
        self._policies = LoadedPolicies()
        self._engines: tuple[AsrStage, OcrStage] | None = None
        self._versions: Versions | None = None

    def identify(self, source: BatchSource) -> tuple[str, str]:
        """What the file's work is called, and the hash of its content; one that has to be fetched is recorded first.

        Raises what makes the file unreadable.
        """
        if "://" not in source.source:
            sha256 = _sha256(Path(source.source))
            return sha256[:24], sha256
        work = hashlib.sha256(source.source.encode()).hexdigest()[:24]
        screening = self._screening(source, work)
        with held(self._job.out / WORK / work, "is in work", wait=True):
            known = FileWork(self._job.out / WORK / work).result
            if known is not None and known.state is FileState.DONE:
                return work, known.sha256
            _record(screening)
        return work, _packets_sha256(screening.recording_dir)

    def screen(self, source: BatchSource, work: str, sha256: str, on_progress: ProgressListener) -> FileResult:
        """What became of the file, all of it kept; goes on where a process before stopped.

        Raises what makes the file unreadable.
        """
        folder = self._job.out / WORK / work
        with held(folder, "is in work", wait=True):
            kept = FileWork(folder)
            if (known := kept.result) is not None and known.state is FileState.DONE:
                return known.of(source)
            screening = self._screening(source, work)
            with self._registered(source, screening):
                _record(screening)
                result = self._analysis(source, screening, kept, on_progress).run(work, sha256)
            kept.finish(result)
            checkpoint_file(screening.recording_dir).unlink(missing_ok=True)
            if not self._job.stores:
                kept.let_go(screening.recording_dir)
            return result

    def close(self) -> None:
        """Ends the engines' processes, if they have any."""
        if self._engines is not None:
            self._engines[0].close()

    @property
    def policies(self) -> LoadedPolicies:
        """What files are judged by."""
        return self._policies

    def engines(self, screening: ScreenJob) -> tuple[AsrStage, OcrStage]:
        """What hears and reads."""
        if self._engines is None:
            placement = placement_of(screening, visible_gpu_count())
            ocr = OcrStage(device=placement.device, threads=screening.threads, max_side_px=screening.screen_side_px)
            self._engines = asr_stage_of(screening, placement, self._policies), ocr
        return self._engines

    def versions(self) -> Versions:
        """By what is remembered what a checkpoint holds."""
        if self._versions is None:
            self._versions = Versions(
                program=program_version(),
                policy=self._policies.digest(self._job.policy_dir),
                passports=hashlib.sha256(self._job.passports_file.read_bytes()).hexdigest(),
            )
        return self._versions

    def _analysis(
        self, source: BatchSource, screening: ScreenJob, kept: FileWork, on_progress: ProgressListener
    ) -> "_Analysis":
        """The file's stages, set on where a process before stopped; at its beginning if that was another program."""
        path = checkpoint_file(screening.recording_dir)
        try:
            checkpoint = read_checkpoint(path, screening.stream_id, self.versions())
            return _Analysis(self, source, screening, kept, on_progress, checkpoint)
        except StateUnusable:
            path.unlink(missing_ok=True)
            return _Analysis(self, source, screening, kept, on_progress, None)

    def _screening(self, source: BatchSource, work: str) -> ScreenJob:
        mark = hashlib.sha256(f"{self._job.label}{work}".encode()).hexdigest() if self._job.label else work
        return self._job.screening(source, f"batch-{mark[:16]}", self._job.out / WORK / work)

    @contextmanager
    def _registered(self, source: BatchSource, screening: ScreenJob) -> Iterator[None]:
        """The file is a broadcast of the store meanwhile and from then on, if the batch is stored at all."""
        if not screening.database_url:
            yield
            return
        products = on_sale(self._policies.policy(screening.policy_dir), screening)
        texts = passport_texts(screening.passports_file)
        stores = Stores.open(screening.database_url)
        try:
            stores.stream_writer.put_stream(
                StreamRecord(
                    stream_id=screening.stream_id,
                    source=source.source,
                    host=Host(id=source.host_id, name=source.host_name or source.host_id, platform=self._job.platform),
                    title=source.name,
                    started_at=screening.at,
                    products=tuple(ProductRef(product_id=p.id, name=p.name, category=p.category) for p in products),
                    state=StreamState.LIVE,
                    tenant_id=self._job.tenant_id,
                )
            )
            yield
            keep_basis(screening.recording_dir, {p.version: texts[p.version] for p in products}, ())
        except (ZhenyanError, OSError) as error:
            stores.stream_writer.set_state(screening.stream_id, StreamState.FAILED, str(error))
            raise
        finally:
            stores.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Apart:
    """A segment that was decoded and read, and is still to be heard."""

    prepared: Prepared
    cuts: Sequence[Cut]
    shown: Sequence[Passage]
    marks: Sequence[RoomMark]
    evidence: Sequence[Evidence]


class _Analysis:
    """The stages over one recorded file. Raises StateUnusable if they can't be set on with the checkpoint."""

    def __init__(
        self,
        screener: BatchScreener,
        source: BatchSource,
        job: ScreenJob,
        kept: FileWork,
        on_progress: ProgressListener,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._source, self._job, self._kept, self._report_to = source, job, kept, on_progress
        self._versions = screener.versions()
        self._asr, self._ocr = screener.engines(job)
        self._judging = JudgingStage(job, {"asr": self._asr.model, "ocr": self._ocr.model}, screener.policies)
        self._products = ProductStage(job, screener.policies)
        self._decode = DecodeStage(job.stream_id, sandbox=job.sandbox)
        self._recorder = Recorder(job)
        self._at, self._analysed_ms = -1, 0
        self._reads = False
        if checkpoint is not None:
            for name, stage in self._stages().items():
                stage.load(job.stream_id, checkpoint.parts[name])
            self._at, self._analysed_ms, self._reads = checkpoint.sequence, checkpoint.end_ms, True
        kept.begin_after(self._at)
        self._dispositions = {str(one["finding_id"]): str(one["disposition"]) for one in kept.findings()}

    def run(self, work: str, sha256: str) -> FileResult:
        """Analyses what is left of the file."""
        if self._job.asr_hotwords:
            self._asr.expect(self._job.stream_id, hotwords_of(self._judging.passports))
        try:
            length_ms = self._analyse()
        finally:
            self._asr.expect(self._job.stream_id, ())
            self._ocr.forget(self._job.stream_id)
        return FileResult(
            name=self._source.name,
            host_id=self._source.host_id,
            state=FileState.DONE,
            sha256=sha256,
            stream_id=self._job.stream_id,
            work=work,
            length_ms=length_ms,
            coverage_per_mille=self._recorder.coverage.per_mille,
            flagged=self._count(Disposition.FLAG),
            noted=self._count(Disposition.NOTE),
        )

    def _analyse(self) -> int:
        """How long the file is, in ms."""
        stream_id = self._job.stream_id
        recorded = CaptureStage(self._job, records=False)
        length_ms = recorded.recorded_ms()
        try:
            while segments := _next(recorded, self._at):
                self._take(segments)
                self._report(FileState.RUNNING, length_ms)
        finally:
            cuts = self._decode.finish()
        if not self._reads:
            nothing = NothingToScreen(self._source.name)
            self._recorder.finish([], [], StreamState.FAILED, str(nothing))
            raise nothing
        passages = self._asr.transcribe(cuts) + self._ocr.finish(stream_id)
        findings = self._judging.judge(passages, self._analysed_ms) + self._judging.finish()
        self._recorder.keep(self._judging.read())
        clipped = self._recorder.finish(passages, findings, StreamState.ENDED, None)
        self._keep(END, passages, [*findings, *clipped])
        self._report(FileState.DONE, length_ms)
        return length_ms

    def _take(self, segments: Sequence[Segment]) -> None:
        """Analyses segments that follow one another and keeps what they gave and what the stages remember.

        Their sound is heard together; all else sees them one by one.
        """
        stream_id = self._job.stream_id
        apart = [self._take_apart(segment) for segment in segments]
        heard = self._asr.transcribe_together([one.cuts for one in apart])
        for one, said in zip(apart, heard, strict=True):
            self._judge(one, [*said, *one.shown])
        write_checkpoint(
            checkpoint_file(self._job.recording_dir),
            Checkpoint(
                stream_id=stream_id,
                sequence=self._at,
                end_ms=self._analysed_ms,
                versions=self._versions,
                parts={name: stage.save(stream_id) for name, stage in self._stages().items()},
            ),
        )

    def _take_apart(self, segment: Segment) -> "_Apart":
        prepared, cuts, frames = self._decode.prepare(segment)
        shown = self._ocr.read(self._job.stream_id, frames)
        marks = self._ocr.marks(self._job.stream_id, segment.end_ms)
        return _Apart(prepared=prepared, cuts=cuts, shown=shown, marks=marks, evidence=self._products.match(frames))

    def _judge(self, one: "_Apart", passages: Sequence[Passage]) -> None:
        segment = one.prepared.segment
        self._judging.see(one.evidence, one.marks)
        findings = self._judging.judge(passages, segment.end_ms)
        clipped = self._recorder.record(one.prepared, passages, findings, one.evidence)
        self._recorder.keep(self._judging.read())
        self._reads = self._reads or one.prepared.has_audio or one.prepared.has_video
        self._at, self._analysed_ms = segment.sequence, segment.end_ms
        self._keep(self._at, passages, [*findings, *clipped])

    def _keep(self, sequence: int, passages: Sequence[Passage], findings: Sequence[Finding]) -> None:
        self._kept.add(sequence, passages, findings)
        self._dispositions |= {finding.finding_id: finding.disposition.value for finding in findings}

    def _stages(self) -> dict[str, Stateful]:
        return {
            "decode": self._decode,
            "products": self._products,
            "ocr": self._ocr,
            "judging": self._judging,
            "recorder": self._recorder,
        }

    def _count(self, disposition: Disposition) -> int:
        return sum(one == disposition.value for one in self._dispositions.values())

    def _report(self, state: FileState, length_ms: int) -> None:
        self._report_to(
            FileProgress(
                name=self._source.name,
                state=state,
                recorded_ms=length_ms,
                analysed_ms=self._analysed_ms,
                flagged=self._count(Disposition.FLAG),
            )
        )


def _next(recorded: CaptureStage, after: int) -> list[Segment]:
    """The segments that are analysed together, after this one; none at the end."""
    segments: list[Segment] = []
    while len(segments) < _TOGETHER and (segment := recorded.after(after, 0.0)) is not None:
        segments.append(segment)
        after = segment.sequence
    return segments


def _record(job: ScreenJob) -> None:
    """Records the whole file, unless that was done; a recording that was cut off is made anew."""
    if read_end(job.recording_dir) is not None:
        return
    checkpoint_file(job.recording_dir).unlink(missing_ok=True)
    shutil.rmtree(job.recording_dir, ignore_errors=True)
    job.recording_dir.mkdir(parents=True)
    capture = CaptureStage(job)
    for _ in capture.segments():
        pass
    capture.join()


def _packets_sha256(recording: Path) -> str:
    """A hash over what was received: the same recording, fetched again, has the same."""
    sha = hashlib.sha256()
    for segment in read_manifest(recording):
        sha.update(bytes.fromhex(segment.sha256))
    return sha.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
