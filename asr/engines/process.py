"""An engine in a process of its own: it may die without taking the worker, and none of its work is lost.

Not `multiprocessing`: its children import the parent's main module again, which in a Ray worker is Ray. Audio goes
through a socket: 8 cuts of 6 s take 3 MB, milliseconds beside the second that recognising them takes.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection

from asr.errors import EngineDiedError, EngineFailedError, RecogniserClosedError
from asr.recogniser import Cut, Recogniser, RecognitionCounts
from asr.types import Utterance

ATTEMPTS = 2
MakeEngine = Callable[[], Recogniser]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What the child says: once when it is ready, then for every call; `failure` empty: all went well."""

    utterances: tuple[Utterance, ...] = ()
    counts: RecognitionCounts
    model_name: str = ""
    failure: str = ""


class ProcessRecogniser:
    """A Recogniser that runs in a child process; not for use by two threads at once.

    A child that dies or stays silent for `call_limit_s` is started again and its call done again, `ATTEMPTS` times in
    all; then EngineDiedError. What the engine itself refuses is an EngineFailedError. `make_engine` is pickled. The
    child ends when this side closes or dies. `restart_count`: how often it had to be started again.
    """

    def __init__(self, make_engine: MakeEngine, *, start_limit_s: float = 300, call_limit_s: float = 300) -> None:
        self._make_engine = pickle.dumps(make_engine)
        self._start_limit_s = start_limit_s
        self._call_limit_s = call_limit_s
        self._past_counts = RecognitionCounts()
        self._closed = False
        self.restart_count = 0
        self._start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def model_name(self) -> str:
        """As the engine names itself."""
        return self._model_name

    @property
    def counts(self) -> RecognitionCounts:
        """Counted since this was made, over all its children; of a call that died, nothing."""
        return sum_counts([self._past_counts, difference(self._counts, self._first_counts)])

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts."""
        for _ in range(ATTEMPTS):
            try:
                if self._child.poll() is not None:
                    raise EOFError
                self._connection.send(list(cuts))
                answer = self._receive(self._call_limit_s)
            except (EOFError, OSError):
                if self._closed:
                    raise RecogniserClosedError(_named(cuts)) from None
                self._restart()
                continue
            self._counts = answer.counts
            if answer.failure:
                raise EngineFailedError(answer.failure)
            return list(answer.utterances)
        raise EngineDiedError(f"recognising {_named(cuts)}", ATTEMPTS)

    def close(self) -> None:
        """Ends the child; a call in progress fails with RecogniserClosedError."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        """Ends the child before the connection, on which another thread may be waiting for it."""
        self._child.kill()
        self._child.wait()
        self._connection.close()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "asr.engines.process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=child_environment(),
            )
        self._connection: Connection = Connection(ours.detach())
        try:
            self._connection.send_bytes(self._make_engine)
            answer = self._receive(self._start_limit_s)
        except (EOFError, OSError) as error:
            self._end()
            raise EngineDiedError("starting", 1) from error
        if answer.failure:
            self._end()
            raise EngineFailedError(answer.failure)
        self._model_name = answer.model_name
        self._counts = self._first_counts = answer.counts

    def _restart(self) -> None:
        self._end()
        self._past_counts = self.counts
        self.restart_count += 1
        self._start()

    def _receive(self, limit_s: float) -> _Answer:
        """The child's next answer; raises OSError if it says nothing in time, EOFError if it died."""
        if not self._connection.poll(limit_s):
            raise TimeoutError
        answer: _Answer = self._connection.recv()
        return answer


def child_environment() -> dict[str, str]:
    """The environment for a Python process that is to find what this one finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def sum_counts(counts: Sequence[RecognitionCounts]) -> RecognitionCounts:
    """The counts of several engines together."""
    names = [field.name for field in fields(RecognitionCounts)]
    return RecognitionCounts(**{name: sum(getattr(one, name) for one in counts) for name in names})


def difference(later: RecognitionCounts, earlier: RecognitionCounts) -> RecognitionCounts:
    """What was counted in between."""
    names = [field.name for field in fields(RecognitionCounts)]
    return RecognitionCounts(**{name: getattr(later, name) - getattr(earlier, name) for name in names})


def _named(cuts: Sequence[Cut]) -> str:
    places = [f"{cut.stream_id!r} at {cut.start_ms} ms" for cut in cuts]
    return f"{len(places)} cuts, stream {', '.join(places[:3])}{' …' if len(places) > 3 else ''}"


def _serve(connection: Connection) -> None:
    """The child: makes its engine, then answers calls until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        engine: Recogniser = pickle.loads(connection.recv_bytes())()
    except Exception as error:
        connection.send(_Answer(counts=RecognitionCounts(), failure=_message(error)))
        return
    connection.send(_Answer(counts=engine.counts, model_name=engine.model_name))
    while True:
        cuts: list[Cut] = connection.recv()
        try:
            answer = _Answer(utterances=tuple(engine.transcribe(cuts)), counts=engine.counts)
        except Exception as error:
            answer = _Answer(counts=engine.counts, failure=_message(error))
        connection.send(answer)


def _message(error: Exception) -> str:
    """An error as text: one with arguments of its own does not survive pickling."""
    return str(error) or type(error).__name__


if __name__ == "__main__":
    from asr.engines import process as pool  # what is pickled must not belong to __main__

    try:
        pool._serve(Connection(int(sys.argv[1])))
    except (EOFError, ConnectionError):
        sys.exit(0)
