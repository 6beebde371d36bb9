"""`zhenyan screen`: one live URL or media file in, findings out as they are found."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from claims.types import Disposition, Finding
from cli.common import Moment, chosen_passports, load_policy, now, read_facts, write_finding
from cli.settings import Settings, load_settings
from cluster.local import screen_locally
from cluster.stages import on_sale
from cluster.types import Ended, Event, Found, Progress, ScreenJob, Understood, Warned
from ingest.errors import SourceNotFound, shown
from review.store import Store
from review.types import Host, ProductRef, StreamRecord, StreamState


@click.command(name="screen")
@click.argument("source")
@click.option("--passports", "passports_file", type=click.Path(path_type=Path), required=True, help="Product passports, YAML or JSON.")
@click.option("--products", help="Ids of the products on sale, by link number, separated by commas; all if left out.")
@click.option("--facts", "facts_file", type=click.Path(path_type=Path), help="Platform facts, JSONL.")
@click.option("--at", "at", type=Moment(), help="When the broadcast started (ISO 8601); default now.")
@click.option("--host", "host_id", default="unknown", show_default=True, help="The host's account on the platform.")
@click.option("--max-seconds", type=click.FloatRange(min=0.1), help="Stop after so much of the broadcast.")
@click.option("--clips", "clips_dir", type=click.Path(path_type=Path, file_okay=False), help="Cut a clip for each finding into this folder.")
@click.option("--transcript", type=click.Path(path_type=Path, dir_okay=False), help="Write what was heard and read, JSONL.")
@click.option("--policy", "policy_dir", type=click.Path(path_type=Path), help="A policy folder; default the packaged one.")
@click.option("--local", is_flag=True, help="One process, without Ray.")
@click.option("--allow-net", multiple=True, metavar="HOST[:PORT]", help="Allow this private or loopback host (repeatable).")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A settings file.")
def command(
    source: str,
    passports_file: Path,
    products: str | None,
    facts_file: Path | None,
    at: datetime | None,
    host_id: str,
    max_seconds: float | None,
    clips_dir: Path | None,
    transcript: Path | None,
    policy_dir: Path | None,
    local: bool,
    allow_net: tuple[str, ...],
    config_file: Path | None,
) -> None:
    """Screen SOURCE, a live stream's URL or a media file.

    Findings go to standard output as JSONL, one line when it is found (with --clips: when its clip is cut). A line
    with an id seen before replaces the earlier one: the host corrected the slip.
    """
    settings = load_settings(config_file)
    folder = policy_dir or settings.policy_folder
    passports = chosen_passports(load_policy(folder), passports_file, products)
    if "://" not in source and not Path(source).is_file():
        raise SourceNotFound(Path(source))
    started_at = at or now()
    stream_id = _stream_id(source, now())
    job = ScreenJob(
        stream_id=stream_id,
        source=source,
        recording_dir=settings.data_dir / "recordings" / stream_id,
        passports_file=passports_file,
        products=tuple(p.id for p in passports),
        facts=tuple(f.model_copy(update={"stream_id": stream_id}) for f in read_facts(facts_file)),
        policy_dir=folder,
        at=started_at,
        allow_net=(*settings.allow_net, *allow_net),
        max_ms=None if max_seconds is None else int(max_seconds * 1000),
        clips_dir=clips_dir,
        data_dir=settings.data_dir,
        database_url=settings.store_url,
        asr_model=settings.asr_model,
        device=settings.device,
        threads=settings.threads,
        screen_side_px=settings.screen_side_px,
    )
    register(job, host=Host(id=host_id, name=host_id, platform="cli"), title=shown(source))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    with Printer(transcript, wait_for_clips=clips_dir is not None) as printer:
        with screening(local=local) as screen:
            for event in screen(job):
                printer.take(event)


def register(job: ScreenJob, *, host: Host, title: str) -> None:
    """Makes the stream and its products known to the store before its first segment."""
    products = on_sale(load_policy(job.policy_dir), job)
    job.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store.open(job.database_url or "")
    store.put_stream(
        StreamRecord(
            stream_id=job.stream_id, source=job.source, host=host, title=title, started_at=job.at,
            products=tuple(ProductRef(product_id=p.id, name=p.name) for p in products), state=StreamState.LIVE,
        )
    )
    store.close()


@contextmanager
def screening(*, local: bool) -> Iterator[Callable[[ScreenJob], Iterator[Event]]]:
    """What screens a job, ready to start at once: this process, or Ray once it runs."""
    if local:
        yield screen_locally
        return
    from cluster.on_ray import running_ray, screen_on_ray

    with running_ray():
        yield screen_on_ray


def _stream_id(source: str, moment: datetime) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", shown(source).rsplit("/", 1)[-1]).strip("-").lower()[:40] or "stream"
    return f"{name}-{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}"


class Printer:
    """Writes findings and transcript, and shows progress on a terminal."""

    def __init__(self, transcript: Path | None, *, wait_for_clips: bool) -> None:
        self._transcript = transcript.open("w", encoding="utf-8") if transcript else None
        self._wait_for_clips = wait_for_clips
        self._printed: dict[str, Finding] = {}
        self._held: dict[str, Finding] = {}
        self._console = Console(stderr=True)
        self._status = self._console.status("waiting for the first segment") if self._console.is_terminal else None

    def __enter__(self) -> "Printer":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._status:
            self._status.stop()
        for finding in self._held.values():
            self._print(finding)
        if self._transcript:
            self._transcript.close()

    def take(self, event: Event) -> None:
        """Shows one event."""
        if isinstance(event, Found):
            self._found(event.finding)
        elif isinstance(event, Understood) and self._transcript:
            self._transcript.write(json.dumps(event.passage.model_dump(), ensure_ascii=False) + "\n")
            self._transcript.flush()
        elif isinstance(event, Warned):
            click.echo(f"zhenyan: {event.text}", err=True)
        elif isinstance(event, Progress) and self._status:
            lag = (event.recorded_ms - event.analysed_ms) / 1000
            flagged = sum(f.disposition is Disposition.FLAG for f in self._printed.values())
            self._status.update(f"analysed {event.analysed_ms / 1000:.0f} s, {lag:.0f} s behind the recording, {flagged} flagged")
        elif isinstance(event, Ended) and self._status:
            self._status.stop()

    def _found(self, finding: Finding) -> None:
        printed = self._printed.get(finding.finding_id)
        if printed is not None:
            if printed.disposition is not finding.disposition:
                self._print(finding)
            return
        if self._wait_for_clips and finding.clip is None:
            self._held[finding.finding_id] = finding
            return
        self._held.pop(finding.finding_id, None)
        self._print(finding)

    def _print(self, finding: Finding) -> None:
        self._printed[finding.finding_id] = finding
        write_finding(finding)
