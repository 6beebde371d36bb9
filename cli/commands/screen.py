"""`zhenyan screen`: one live URL or media file in, findings out as they are found."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.passports.load import passport_texts
from claims.policy.packaged import policy_at
from cli.config.reading_again import reading_again
from cli.config.settings import load_settings
from cli.shell.file_modes import share
from cli.shell.folders import make_data_folder, make_shared_folder
from cli.shell.options import config_option, judging_options
from cli.shell.records import InputError, chosen_passports, now, read_facts, require_folder
from cli.shell.screening_output import Printer
from cluster.local import screen_locally
from cluster.stages.judging import on_sale
from cluster.types import Event, Found, ScreenJob
from ingest.errors import SourceNotFound
from net.errors import ZhenyanError, shown
from net.guard import NetPolicy, check_url
from net.schemes import is_object
from review.evidence.basis import drop_unused_basis, keep_basis
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState

if TYPE_CHECKING:
    from cluster.second_reader.following import SecondReader

_LAST_READINGS_S = 60.0


@click.command(name="screen")
@click.argument("source")
@judging_options
@click.option("--host", "host_id", metavar="ID", default="unknown", help="The host's account on the platform.")
@click.option("--max-seconds", metavar="N", type=click.FloatRange(min=0.1), help="Stop after so much of the broadcast.")
@click.option(
    "--clips",
    "clips_dir",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Cut a clip for each finding into this folder.",
)
@click.option(
    "--transcript",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was heard and read, as JSONL that `check` takes.",
)
@click.option("--local", is_flag=True, help="One process, without Ray.")
@click.option(
    "--allow-net", multiple=True, metavar="HOST[:PORT]", help="Allow this private or loopback host (repeatable)."
)
@config_option
def command(
    source: str,
    passports_file: Path,
    products: str | None,
    facts_file: Path | None,
    at: datetime | None,
    policy_dir: Path | None,
    host_id: str,
    max_seconds: float | None,
    clips_dir: Path | None,
    transcript: Path | None,
    local: bool,
    allow_net: tuple[str, ...],
    config_file: Path | None,
) -> None:
    """Screen SOURCE: a live stream's URL (HLS, HTTP-FLV, RTMP, RTSP, SRT), a media URL, a media file, or a recording
    in an object store (s3://…).

    Findings go to standard output as JSONL, one line when it is found (with --clips: when its clip is cut). A line
    with an id seen before replaces the earlier one: the host corrected the slip, or the claim was shown as well. They
    are also stored for `serve`.

    \b
    Example:
      zhenyan screen https://live.example.com/room/index.m3u8 --passports passports.yaml \\
          --products P-1,P-2 --at 2026-11-24T20:00:00+08:00 --clips clips/ --transcript heard.jsonl
    """
    settings = load_settings(config_file)
    folder = policy_dir or settings.policy_folder
    at = at or now()
    policy = policy_at(folder)
    passports = chosen_passports(policy, passports_file, products, at)
    facts = read_facts(facts_file)
    check_source(source)
    allowed = check_allowed((*settings.allow_net, *allow_net))
    make_data_folder(settings.data_dir)
    if transcript is not None:
        require_folder("--transcript", transcript.parent)
    if clips_dir is not None:
        make_shared_folder("--clips", clips_dir)
    stream_id = _stream_id(source, now())
    job = ScreenJob(
        stream_id=stream_id,
        source=source,
        recording_dir=settings.data_dir / "recordings" / stream_id,
        passports_file=passports_file,
        products=tuple(p.id for p in passports),
        facts=tuple(f.model_copy(update={"stream_id": stream_id}) for f in facts),
        policy_dir=folder,
        at=at,
        allow_net=allowed,
        max_ms=None if max_seconds is None else int(max_seconds * 1000),
        clips_dir=clips_dir,
        **settings.job_values(),
    )
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    with (
        registered(job, host=Host(id=host_id, name=host_id, platform="cli"), title=shown(source)),
        Printer(transcript, wait_for_clips=clips_dir is not None) as printer,
        screening(local=local) as screen,
        reading_again(settings, lambda: policy, stream_id=stream_id, on_ray=not local) as second,
    ):
        for event in _with_second_readings(screen(job), second):
            if clips_dir is not None and isinstance(event, Found) and event.finding.clip is not None:
                _share_clip(clips_dir, event.finding.finding_id)
            printer.take(event)


def _with_second_readings(events: Iterator[Event], second: "SecondReader | None") -> Iterator[Event]:
    """The events, and between them the findings that were read again; at the end, what is still being read."""
    for event in events:
        yield event
        if second is not None:
            yield from (Found(finding=finding) for finding in second.updated())
    if second is not None:
        second.settle(_LAST_READINGS_S)
        yield from (Found(finding=finding) for finding in second.updated())


def _share_clip(folder: Path, finding_id: str) -> None:
    """The clip in the folder that somebody named, its picture and what else lies beside it."""
    share(*folder.glob(f"{finding_id}.*"))


def check_source(source: str) -> None:
    """Raises what capture would raise for a source that can be refused without opening it."""
    if is_object(source):
        return
    if "://" in source:
        check_url(source)
    elif not Path(source).is_file():
        raise SourceNotFound(Path(source))


def check_allowed(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The hosts, if each is HOST or HOST:PORT; InputError names the one that is neither."""
    try:
        NetPolicy.parse(hosts)
    except ValueError as error:
        raise InputError(f"--allow-net {error}; write it as in 127.0.0.1:8080") from error
    return hosts


@contextmanager
def registered(job: ScreenJob, *, host: Host, title: str) -> Iterator[None]:
    """Makes the stream and its products known to the store; a stream whose screening stops is marked as failed."""
    products = on_sale(policy_at(job.policy_dir), job)
    texts = passport_texts(job.passports_file)
    keep_basis(job.recording_dir, {p.version: texts[p.version] for p in products if p.version in texts}, job.facts)
    stores = Stores.open(job.database_url or "")
    stores.stream_writer.put_stream(
        StreamRecord(
            stream_id=job.stream_id,
            source=job.source,
            host=host,
            title=title,
            started_at=job.at,
            products=tuple(ProductRef(product_id=p.id, name=p.name, category=p.category) for p in products),
            state=StreamState.LIVE,
            viewers=max(
                (int(f.value) for f in job.facts if f.kind == "viewers" and isinstance(f.value, int | float)), default=0
            ),
        )
    )
    try:
        yield
    except ZhenyanError as error:
        stores.stream_writer.set_state(job.stream_id, StreamState.FAILED, str(error))
        raise
    except KeyboardInterrupt:
        stores.stream_writer.set_state(job.stream_id, StreamState.FAILED, "interrupted")
        raise
    finally:
        drop_unused_basis(job.recording_dir)
        stores.close()


@contextmanager
def screening(*, local: bool) -> Iterator[Callable[[ScreenJob], Iterator[Event]]]:
    """What screens a job, ready to start at once: this process, or Ray once it runs."""
    if local:
        yield screen_locally
        return
    from cluster.ray.screening import screen_on_ray
    from cluster.ray.session import running_ray

    with running_ray():
        yield screen_on_ray


def _stream_id(source: str, moment: datetime) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", shown(source).rsplit("/", 1)[-1]).strip("-").lower()[:40] or "stream"
    return f"{name}-{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}"
