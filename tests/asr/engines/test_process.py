"""Engines in processes of their own: heard as in this one, started again when they die, gone when we are."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from asr.batching.batcher import BatcherSettings
from asr.engines.process import ProcessRecogniser, child_environment
from asr.engines.shared import SharedRecogniser, by_cut, start_shared
from asr.engines.weights import WhisperWeights
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.errors import EngineDiedError, EngineFailedError, RecogniserClosedError
from asr.recogniser import Cut

MakeCut = Callable[..., Cut]
DEADLINE_S = 60


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    import pool_engines

    return pool_engines


@pytest.fixture
def started() -> Iterator[Callable[..., ProcessRecogniser]]:
    """Starts engines in processes and ends them after the test."""
    running: list[ProcessRecogniser] = []

    def start(make_engine: Any, **limits: float) -> ProcessRecogniser:
        running.append(ProcessRecogniser(make_engine, **limits))
        return running[-1]

    yield start
    for each in running:
        each.close()


def cuts_of(cut_of: MakeCut, *stream_ids: str) -> list[Cut]:
    return [
        cut_of(np.zeros(1_600 + 16 * i, np.float32), stream_id=stream_id, start_ms=1_000 * i)
        for i, stream_id in enumerate(stream_ids)
    ]


def is_running(pid: int) -> bool:
    """Whether the process lives; one that ended and was not yet collected does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, "deadline"
        Event().wait(0.01)


def test_whisper_in_a_process_hears_what_it_hears_in_this_one(
    weights: WhisperWeights,
    transcriber: WhisperTranscriber,
    demo_lines: list[Any],
    cut_of: MakeCut,
    started: Callable[..., ProcessRecogniser],
) -> None:
    child = started(partial(WhisperTranscriber, weights, WhisperSettings(device="cpu")))
    cuts = [cut_of(demo_lines[i].samples, stream_id=f"s{i}") for i in (5, 0)]
    assert child.transcribe(cuts) == transcriber.transcribe(cuts)
    assert child.model_name == transcriber.model_name
    assert child.counts.cut_count == 2
    os.kill(child.pid, signal.SIGKILL)
    assert [utterance.stream_id for utterance in child.transcribe(cuts)] == ["s5", "s0"]
    assert (child.restart_count, child.counts.cut_count) == (1, 4)


def test_a_call_in_which_the_child_dies_is_done_again(
    engines: Any, started: Callable[..., ProcessRecogniser], cut_of: MakeCut, tmp_path: Path
) -> None:
    child = started(partial(engines.LengthEngine, dies_in="b", spared=tmp_path / "died"))
    first_pid = child.pid
    heard = child.transcribe(cuts_of(cut_of, "a", "b", "c"))
    assert [utterance.text for utterance in heard] == ["1600", "1616", "1632"]
    assert child.restart_count == 1
    assert child.counts.cut_count == 3
    assert not is_running(first_pid)


def test_a_call_that_kills_every_child_names_its_streams_and_the_next_call_works(
    engines: Any, started: Callable[..., ProcessRecogniser], cut_of: MakeCut
) -> None:
    child = started(partial(engines.LengthEngine, dies_in="b"))
    with pytest.raises(EngineDiedError, match=r"'b' at 0 ms"):
        child.transcribe(cuts_of(cut_of, "b"))
    assert len(child.transcribe(cuts_of(cut_of, "a"))) == 1


def test_a_child_that_says_nothing_is_ended(
    engines: Any, started: Callable[..., ProcessRecogniser], cut_of: MakeCut
) -> None:
    child = started(partial(engines.LengthEngine, hangs_in="b"), call_limit_s=0.3)
    first_pid = child.pid
    with pytest.raises(EngineDiedError):
        child.transcribe(cuts_of(cut_of, "b"))
    assert not is_running(first_pid)


def test_closing_ends_a_call_in_progress_and_starts_no_new_child(
    engines: Any, started: Callable[..., ProcessRecogniser], cut_of: MakeCut
) -> None:
    child = started(partial(engines.LengthEngine, hangs_in="b"))
    errors: list[RecogniserClosedError] = []

    def hear() -> None:
        with pytest.raises(RecogniserClosedError, match="'b'") as refused:
            child.transcribe(cuts_of(cut_of, "b"))
        errors.append(refused.value)

    thread = Thread(target=hear)
    thread.start()
    child.close()
    thread.join(DEADLINE_S)
    assert len(errors) == 1
    assert not is_running(child.pid)
    assert child.restart_count == 0


def test_what_the_engine_refuses_is_told_and_the_child_lives_on(
    engines: Any, started: Callable[..., ProcessRecogniser], cut_of: MakeCut
) -> None:
    child = started(partial(engines.LengthEngine, refuses="b"))
    with pytest.raises(EngineFailedError, match="'b' is refused"):
        child.transcribe(cuts_of(cut_of, "a", "b"))
    assert len(child.transcribe(cuts_of(cut_of, "a"))) == 1
    assert child.restart_count == 0


def test_an_engine_that_cannot_be_made_says_why(engines: Any) -> None:
    with pytest.raises(EngineFailedError, match="no weights here"):
        ProcessRecogniser(engines.BrokenEngine)
    with pytest.raises(EngineDiedError, match="starting"):
        ProcessRecogniser(engines.DeadEngine)


def test_children_end_when_their_parent_is_killed(engines: Any) -> None:
    program = (
        "from asr.engines.process import ProcessRecogniser; from pool_engines import LengthEngine\n"
        "children = [ProcessRecogniser(LengthEngine) for _ in range(2)]\n"
        "print(*(child.pid for child in children), flush=True)\n"
        "input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(is_running(pid) for pid in pids)
        parent.kill()
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_many_threads_share_a_few_engines_and_each_gets_its_own(
    engines: Any, started: Callable[..., ProcessRecogniser], cut_of: MakeCut
) -> None:
    children = [started(engines.LengthEngine) for _ in range(2)]
    texts: dict[str, list[str]] = {}

    def speak(shared: SharedRecogniser, stream_id: str) -> None:
        cuts = cuts_of(cut_of, *[stream_id] * 20)
        texts[stream_id] = [utterance.text for cut in cuts for utterance in shared.transcribe([cut])]

    with SharedRecogniser(children, BatcherSettings(budget_ms=5)) as shared:
        threads = [Thread(target=speak, args=(shared, f"s{i}")) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        assert shared.counts.cut_count == 120
        assert shared.call_count < 120
    assert texts == {f"s{i}": [str(1_600 + 16 * k) for k in range(20)] for i in range(6)}


def test_shared_engines_are_warm_and_count_from_nothing(engines: Any, cut_of: MakeCut) -> None:
    with start_shared(engines.LengthEngine, process_count=2, settings=BatcherSettings(budget_ms=0)) as shared:
        assert shared.counts.cut_count == 0
        assert len(shared.transcribe(cuts_of(cut_of, "a", "b"))) == 2
        assert shared.counts.cut_count == 2


def test_if_one_engine_cannot_start_none_is_left_running(engines: Any, tmp_path: Path) -> None:
    with pytest.raises(EngineFailedError, match="only one"):
        start_shared(partial(engines.only_one, tmp_path), process_count=3)
    (pid,) = [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()]
    wait_until(lambda: not is_running(pid))


def test_a_bad_cut_fails_alone(engines: Any, cut_of: MakeCut) -> None:
    with SharedRecogniser([engines.LengthEngine(refuses="b", silent="d")], BatcherSettings(budget_ms=60_000)) as shared:
        heard = [shared.offer(cut) for cut in cuts_of(cut_of, *"abcdefgh")]
        assert all(one is not None for one in heard)
        texts = [one.result(DEADLINE_S) for one in heard if one and one is not heard[1]]
        assert [len(utterances) for utterances in texts] == [1, 1, 0, 1, 1, 1, 1]
        assert heard[1] is not None
        with pytest.raises(Exception, match="'b' is refused"):
            heard[1].result(DEADLINE_S)
        assert shared.failed_call_count == 1


def test_a_stream_with_no_room_is_told_so_and_waits(engines: Any, cut_of: MakeCut) -> None:
    settings = BatcherSettings(batch_size=64, budget_ms=300, stream_limit_ms=27_000)
    with SharedRecogniser([engines.LengthEngine()], settings) as shared:
        cut = cut_of(np.zeros(20 * 16_000, np.float32))
        assert shared.offer(cut) is not None
        assert shared.room_ms("s1") == 7_000
        assert shared.offer(cut) is None
        assert len(shared.transcribe([cut, cut])) == 2


def test_closing_finishes_what_was_taken_in_and_refuses_what_comes(engines: Any, cut_of: MakeCut) -> None:
    shared = SharedRecogniser([engines.LengthEngine()], BatcherSettings(budget_ms=200))
    (cut,) = cuts_of(cut_of, "a")
    heard = shared.offer(cut)
    assert heard is not None
    assert not heard.cancel()
    shared.close()
    assert len(heard.result(0)) == 1
    with pytest.raises(RecogniserClosedError, match="'a'"):
        shared.offer(cut)


def test_utterances_find_their_cuts_and_none_is_lost(engines: Any, cut_of: MakeCut) -> None:
    cuts = cuts_of(cut_of, "a", "b", "a", "a")
    utterances = engines.LengthEngine().transcribe([cuts[0], cuts[1], cuts[3]])
    assert by_cut(cuts, utterances) == [(utterances[0],), (utterances[1],), (), (utterances[2],)]
    with pytest.raises(EngineFailedError, match="belong to no cut"):
        by_cut(cuts[:1], utterances)
