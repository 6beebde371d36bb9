import functools
import io
import signal
import sys
from pathlib import Path

import pytest

from claims.classifier import files
from claims.classifier.gemma import PackagedGemma, packaged_model
from cli.main import main
from tests.cli.support import Answer, Call


@functools.cache
def opened(files: tuple[Path, ...], layers: bytes, threads: int) -> PackagedGemma:
    """The packaged weights, read once: each command of the line reads them anew, and these are many in one process."""
    return PackagedGemma(layers=layers, threads=threads)


@pytest.fixture(autouse=True)
def weights_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        files,
        "PackagedGemma",
        lambda *, layers=b"", threads=1, models=None: opened(packaged_model().parts, layers, threads),
    )


@pytest.fixture
def zhenyan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Calls the command line in this process, with a data folder and a working folder of its own."""
    monkeypatch.setenv("ZHENYAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, stdin: str | bytes = b"") -> Answer:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        before = signal.getsignal(signal.SIGTERM)
        status: object = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        finally:
            signal.signal(signal.SIGTERM, before)
        captured = capsys.readouterr()
        assert isinstance(status, int)
        return Answer(status=status, out=captured.out, err=captured.err)

    return call
