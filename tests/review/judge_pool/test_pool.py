"""The pool with real processes: deadlines, deaths, withdrawals, limits, and its own end."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import configs
from review.api_errors import OrderRefused
from review.judge_pool.errors import JudgingBusy, JudgingFailed, JudgingFault, JudgingTooLong, JudgingUnready
from review.judge_pool.fair_queue import Party
from review.judge_pool.limits import JudgingTerms
from review.judge_pool.policy_in_force import JudgesSource
from review.judge_pool.pool import JudgingPool
from review.judge_pool.task import Task
from review.judge_pool.worker import Job
from tests.review.judge_pool.jobs import Eat, Hold, Nothing, PolicyName, Refuse, Spin, Tell, Unready, Wrong
from tests.review.judge_pool.support import is_running, until

pytestmark = pytest.mark.service

ME = Party(key="k1", group="a")
OTHER = Party(key="k2", group="b")
_PATIENCE_S = 120


def pool_of(source: object = None, **terms: float) -> JudgingPool:
    return JudgingPool(source or Nothing(), JudgingTerms(**terms))  # type: ignore[arg-type]


@pytest.fixture
def pool() -> Iterator[JudgingPool]:
    with pool_of(processes=2) as started:
        yield started


def put(pool: JudgingPool, job: Job, party: Party = ME) -> Task:
    return pool.submit(party, pickle.dumps(job))


def answer(task: Task) -> object:
    return task.answer.result(_PATIENCE_S)


def held(pool: JudgingPool, folder: Path, party: Party = ME) -> tuple[Task, int]:
    """A job that has begun and goes on until its file is written, and its process."""
    folder.mkdir()
    task = put(pool, Hold(folder), party)
    until(lambda: (folder / "begun").exists(), "the job begins")
    return task, int((folder / "begun").read_text())


def test_jobs_are_done_in_other_processes_that_are_kept(pool: JudgingPool) -> None:
    told = {answer(put(pool, Tell())) for _ in range(6)}
    assert os.getpid() not in told
    assert told <= set(pool.pids())


def test_a_refusal_comes_back_as_it_was(pool: JudgingPool) -> None:
    with pytest.raises(OrderRefused, match="passport: is none") as refused:
        answer(put(pool, Refuse()))
    assert (refused.value.code, refused.value.status) == ("form", 422)


def test_a_fault_is_told_with_its_place_and_costs_no_process(pool: JudgingPool) -> None:
    before = answer(put(pool, Tell()))
    with pytest.raises(JudgingFault, match="KeyError: 'missing'"):
        answer(put(pool, Wrong()))
    assert before in pool.pids()


def test_a_job_past_its_deadline_is_stopped_and_the_next_is_done() -> None:
    with pool_of(processes=1, deadline_s=1) as pool:
        first = answer(put(pool, Tell()))
        with pytest.raises(JudgingTooLong) as late:
            answer(put(pool, Spin()))
        assert (late.value.status, late.value.code) == (504, "judging_long")
        assert answer(put(pool, Tell())) != first
        until(lambda: not is_running(int(str(first))), "the process that was too slow ends")


def test_a_job_that_takes_too_much_memory_is_broken_off_and_the_next_is_done() -> None:
    with pool_of(processes=1, memory_mb=600) as pool:
        with pytest.raises(JudgingFailed, match="memory"):
            answer(put(pool, Eat()))
        assert answer(put(pool, Tell())) in pool.pids()


def test_a_killed_process_costs_the_one_job_that_it_did(pool: JudgingPool, tmp_path: Path) -> None:
    dying, pid = held(pool, tmp_path / "dying")
    living, _ = held(pool, tmp_path / "living", OTHER)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(JudgingFailed) as failed:
        answer(dying)
    assert (failed.value.status, failed.value.code) == (503, "judging_failed")
    assert "Retry-After" in failed.value.headers
    assert answer(put(pool, Tell())) != pid
    (tmp_path / "living" / "released").touch()
    assert answer(living) == "released"


def test_a_process_killed_while_it_waits_is_replaced_and_costs_no_job(pool: JudgingPool, tmp_path: Path) -> None:
    first, one = held(pool, tmp_path / "first")
    second, other = held(pool, tmp_path / "second", OTHER)
    for name, task in (("first", first), ("second", second)):
        (tmp_path / name / "released").touch()
        answer(task)
    old = {one, other}
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(pool.pids()) - old) == 2, "both are replaced")
    assert answer(put(pool, Tell())) in set(pool.pids()) - old


def test_a_withdrawn_job_is_stopped_and_its_process_replaced(tmp_path: Path) -> None:
    with pool_of(processes=1) as pool:
        task, pid = held(pool, tmp_path / "held")
        assert pool._withdraw(task)
        until(lambda: not is_running(pid), "the process ends")
        assert answer(put(pool, Tell())) != pid
        assert pool.counts() == (0, 0)


def test_a_withdrawn_job_that_waits_is_never_begun(tmp_path: Path) -> None:
    with pool_of(processes=1) as pool:
        running, _ = held(pool, tmp_path / "first")
        (tmp_path / "second").mkdir()
        waiting = put(pool, Hold(tmp_path / "second"))
        assert pool.counts() == (1, 1)
        assert pool._withdraw(waiting)
        assert pool.counts() == (1, 0)
        (tmp_path / "first" / "released").touch()
        assert answer(running) == "released"
        assert answer(put(pool, Tell()))
        assert not (tmp_path / "second" / "begun").exists()


def test_another_customers_small_job_goes_ahead_of_large_ones(pool: JudgingPool, tmp_path: Path) -> None:
    running, _ = held(pool, tmp_path / "held")
    large = [put(pool, Tell(padding=bytes(1_000_000))) for _ in range(4)]
    assert answer(put(pool, Tell(), OTHER)) in pool.pids()
    assert not any(task.answer.done() for task in large)
    (tmp_path / "held" / "released").touch()
    assert answer(running) == "released"
    assert all(answer(task) in pool.pids() for task in large)


def test_a_process_is_replaced_after_its_share_of_jobs() -> None:
    with pool_of(processes=1, recycle_jobs=2) as pool:
        told = [answer(put(pool, Tell())) for _ in range(6)]
    assert told[0] == told[1]
    assert len(set(told)) == 3


def test_what_cannot_be_loaded_is_told_and_tried_again(tmp_path: Path) -> None:
    with pool_of(Unready(tmp_path / "there"), processes=1) as pool:
        with pytest.raises(JudgingUnready):
            answer(put(pool, Tell()))
        (tmp_path / "there").touch()
        assert answer(put(pool, Tell())) in pool.pids()


def test_closing_ends_the_processes_and_answers_everybody(tmp_path: Path) -> None:
    pool = pool_of(processes=1)
    running, pid = held(pool, tmp_path / "held")
    waiting = put(pool, Tell())
    pool.close()
    for task in (running, waiting):
        with pytest.raises(JudgingFailed):
            answer(task)
    assert not is_running(pid)
    with pytest.raises(JudgingFailed, match="stops"):
        put(pool, Tell())


def test_no_more_threads_than_a_few_wait_for_jobs(pool: JudgingPool) -> None:
    assert pool.do(ME, Tell()) in pool.pids()
    while pool._threads.acquire(blocking=False):
        continue
    with pytest.raises(JudgingBusy):
        pool.do(ME, Tell())


def test_a_policy_that_changes_on_the_disk_reaches_the_pool(tmp_path: Path) -> None:
    folder = shutil.copytree(configs.POLICY_DIR, tmp_path / "policy")
    source = JudgesSource(
        data_dir=tmp_path, packaged=folder, semantic_dir=configs.SEMANTIC_DIR, semantic="off", policy_dir=None
    )
    with pool_of(source, processes=1) as pool:
        name = answer(put(pool, PolicyName()))
        file = folder / "policy.yaml"
        version = str(yaml.safe_load(file.read_text(encoding="utf-8"))["version"])
        file.write_text(file.read_text(encoding="utf-8").replace(version, "2099.1.1", 1), encoding="utf-8")
        assert str(name).endswith(version)
        assert str(answer(put(pool, PolicyName()))).endswith("2099.1.1")


_PARENT = """
import sys, threading
from tests.review.judge_pool.test_pool import pool_of, put
from tests.review.judge_pool.jobs import Spin, Tell
if __name__ == "__main__":
    pool = pool_of(processes=2)
    pool.start()
    put(pool, Tell()).answer.result()
    while len(pool.pids()) < 2:
        pass
    put(pool, Spin())
    while pool.counts()[0] < 1:
        pass
    print(*pool.pids(), flush=True)
    threading.Event().wait()
"""


def test_no_process_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, cwd=root, env=environment
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
        parent.wait()
        until(lambda: not any(map(is_running, pids)), "the processes end with their parent")
