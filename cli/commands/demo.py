"""`zhenyan demo`: the packaged broadcast, played live, screened, its review queue open in the browser."""

import shutil
import socket
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.text import Text

import configs
from claims.types import Disposition, Finding
from cli.broadcast.expected import Line, compare
from cli.broadcast.play import LiveBroadcast
from cli.broadcast.script import BroadcastScript, read_script
from cli.commands.screen import registered, screening
from cli.commands.serve import open_browser, serving
from cli.config.settings import Settings, load_settings
from cli.shell.file_modes import share
from cli.shell.folders import make_data_folder, make_shared_folder
from cli.shell.options import config_option
from cli.shell.records import InputError
from cli.shell.tables import open_console
from cluster.types import Ended, Found, Progress, ScreenJob, Warned
from net.errors import ZhenyanError
from review.streams.types import Host

# All of it (hls_list_size 0): however slowly the machine starts, the broadcast is captured from its first moment on.
_IN_PLAYLIST = 0
_FILES = ("passports.yaml", "room.yaml", "images/01.png", "images/03.png", "images/05.png")


class DemoFailed(ZhenyanError):
    """The demo's findings are not what they must be."""

    exit_code = 1


@dataclass(slots=True)
class Watch:
    """What the screening has told so far."""

    findings: dict[str, Finding] = field(default_factory=dict)
    first_latency_s: float | None = None
    analysed_ms: int = 0


@click.command(name="demo")
@click.option("--once", is_flag=True, help="Headless: stop when the broadcast ends; exit 0 only if all is found.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the review queue (default from the settings), or of --play."
)
@click.option("--local", is_flag=True, help="One process, without Ray.")
@click.option("--play", is_flag=True, help="Only play the broadcast, at --port; screen nothing. Ctrl-C ends it.")
@click.option(
    "--files",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only copy the demo's files there: broadcast, passports, room.",
)
@config_option
def command(
    once: bool, port: int | None, local: bool, play: bool, files: Path | None, config_file: Path | None
) -> None:
    """Play the packaged demo broadcast as a live HLS stream and screen it.

    Opens the review queue, which fills while the host speaks; stop it with Ctrl-C. With --once it stops by itself
    after two and a half minutes and compares what was found with what the broadcast's script says must be found.

    \b
    Example:
      zhenyan demo --once --local
    """
    if files is not None:
        _copy_files(files)
        return
    if play:
        _only_play(port or 0)
        return
    film = _film()
    settings = load_settings(config_file)
    make_data_folder(settings.data_dir)
    if once:
        watch = _play(film, settings, local=local, console=open_console())
        _report(watch, script=read_script(configs.DEMO_DIR / "demo.json"))
        return
    with serving(settings, settings.port if port is None else port, judges_at_once=False) as url:
        click.echo(f"review queue: {url}")
        open_browser(url)
        _play(film, settings, local=local, console=open_console())
        click.echo(f"The broadcast is over. The review queue stays at {url} until Ctrl-C.")
        threading.Event().wait()


def _copy_files(folder: Path) -> None:
    film = _film()
    make_shared_folder("--files", folder / "images")
    for source, name in ((film, film.name), *((configs.DEMO_DIR / name, name) for name in _FILES)):
        shutil.copyfile(source, folder / name)
        share(folder / name)
        click.echo(folder / name)


def _film() -> Path:
    found = configs.demo_film()
    if found is None:
        raise InputError("the demo's broadcast is not installed: in a checkout, pip install -e ./demo_film")
    return found


def _only_play(port: int) -> None:
    """The broadcast on air until Ctrl-C; its playlist stays when it is over."""
    film = _film()
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise InputError(f"port {port}: cannot be played on: {error.strerror}; choose another --port") from error
    with LiveBroadcast(film, port=port) as broadcast:
        click.echo(f"on air: {broadcast.url}")
        threading.Event().wait()


def _play(film: Path, settings: Settings, *, local: bool, console: Console) -> Watch:
    room = read_room(configs.DEMO_DIR / "room.yaml")
    watch = Watch()
    with (
        screening(local=local) as screen,
        LiveBroadcast(film, window=_IN_PLAYLIST) as broadcast,
    ):
        stream_id = f"demo-{broadcast.started_at_ms}"
        job = demo_job(settings, room, stream_id=stream_id, url=broadcast.url, address=broadcast.address)
        click.echo(f"on air: {broadcast.url}")
        with registered(job, host=room.host, title=room.title):
            for event in screen(job):
                if isinstance(event, Found):
                    _note(event.finding, watch, broadcast.started_at_ms, console)
                elif isinstance(event, Warned):
                    console.print(event.text, style="yellow")
                elif isinstance(event, Progress | Ended):
                    watch.analysed_ms = event.analysed_ms
    return watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a platform tells of a broadcast before it starts."""

    title: str
    started_at: datetime
    host: Host


def read_room(path: Path) -> Room:
    """The room in `room.yaml`."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Room(
        title=content["title"], started_at=datetime.fromisoformat(content["started_at"]), host=Host(**content["host"])
    )


def demo_job(settings: Settings, room: Room, *, stream_id: str, url: str, address: str) -> ScreenJob:
    """The screening of the demo; it knows the passports and nothing of what will be said."""
    return ScreenJob(
        stream_id=stream_id,
        source=url,
        recording_dir=settings.data_dir / "recordings" / stream_id,
        passports_file=configs.DEMO_DIR / "passports.yaml",
        policy_dir=settings.policy_folder,
        at=room.started_at,
        allow_net=(address,),
        clips_dir=settings.data_dir / "clips",
        **settings.job_values(),
    )


def _note(finding: Finding, watch: Watch, started_at_ms: int, console: Console) -> None:
    known = watch.findings.get(finding.finding_id)
    # A finding comes again when it is said again or shown as well; its clip was told once.
    clip = finding.clip or (known.clip if known else None)
    watch.findings[finding.finding_id] = replace(finding, clip=clip)
    if known is not None or finding.disposition is not Disposition.FLAG:
        return
    latency_s = time.time_ns() / 1e9 - (started_at_ms + finding.end_ms) / 1000
    if watch.first_latency_s is None:
        watch.first_latency_s = latency_s
    at = f"{finding.start_ms // 60_000}:{finding.start_ms // 1000 % 60:02d}"
    console.print(
        Text.assemble(
            f"{at}  {finding.class_id:18} {finding.verdict:12} {finding.quote}  ",
            (f"{finding.registered or ''} · {latency_s:.1f} s after it was said", "dim"),
        ),
        soft_wrap=True,
        highlight=False,
    )


def _report(watch: Watch, *, script: BroadcastScript) -> None:
    flagged = [f for f in watch.findings.values() if f.disposition is Disposition.FLAG]
    lines: list[Line] = compare(script, flagged)
    for line in lines:
        click.echo(line.shown())
    wrong = [line for line in lines if not line.right]
    latency = "none" if watch.first_latency_s is None else f"{watch.first_latency_s:.1f} s"
    clips = sum(f.clip is not None for f in flagged)
    click.echo(
        f"{sum(line.right for line in lines)} of {len(lines)} lines and overlays as expected; {len(flagged)} findings, "
        f"{clips} with clips; first finding {latency} after it was said; {watch.analysed_ms / 1000:.0f} s analysed"
    )
    if wrong or clips < len(flagged):
        raise DemoFailed(
            f"{len(wrong)} lines are not as expected, {len(flagged) - clips} findings have no clip: "
            + ", ".join(line.id for line in wrong)
        )
