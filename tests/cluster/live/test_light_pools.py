"""What pools and judges load when they start, and what they don't hold."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import configs
from asr.errors import EngineFailedError
from claims.obfuscation.soundalike import SoundAlikeWords, alikes_of
from cluster.live.alikes import AlikesInForce
from cluster.live.judge import JudgePool
from cluster.stages.policies import LoadedPolicies
from cluster.types import ScreenJob

IMPORTED = "import sys, cluster.live.asr_pool; print(*sorted(m for m in sys.modules if m in sys.argv))"
HEAVY = ("claims.policy.policy", "pypinyin", "pint", "datasketch", "cv2")


def test_the_asr_pools_process_reads_no_policy() -> None:
    told = subprocess.run([sys.executable, "-c", IMPORTED, *HEAVY], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_what_the_engine_unpickles_are_the_words_of_the_policy_in_force(tmp_path: Path) -> None:
    own = LoadedPolicies().policy(None)
    alikes = AlikesInForce(tmp_path, None)
    words = pickle.loads(pickle.dumps(alikes))
    assert isinstance(words, SoundAlikeWords)
    assert words.find("两万毫按时") == alikes.find("两万毫按时") == alikes_of(own).find("两万毫按时")
    assert [one.word for one in words.find("两万毫按时")]


def test_the_engine_that_unpickles_them_holds_no_policy(tmp_path: Path) -> None:
    pickled = tmp_path / "words"
    pickled.write_bytes(pickle.dumps(AlikesInForce(tmp_path, None)))
    unpickled = f"import pathlib, pickle; pickle.loads(pathlib.Path({str(pickled)!r}).read_bytes()); {IMPORTED}"
    told = subprocess.run([sys.executable, "-c", unpickled, *HEAVY], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_words_of_a_policy_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    with pytest.raises(EngineFailedError, match=r"once more: policy .*nowhere.* is no policy folder"):
        pickle.dumps(AlikesInForce(tmp_path, tmp_path / "nowhere"))


def test_a_judge_that_is_warm_builds_nothing_for_the_first_doubtful_sentence(tmp_path: Path) -> None:
    policies = LoadedPolicies()
    job = ScreenJob(
        stream_id="trial",
        source=str(configs.TRIAL_FILM),
        recording_dir=tmp_path / "recording",
        passports_file=configs.DEMO_DIR / "passports.yaml",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        data_dir=tmp_path,
        semantic="off",
    )
    JudgePool(None, None, policies).warm_up(job)
    policy = policies.policy(None)
    assert {"texts", "rule_index", "lexicon", "reader", "sentence_reader"} <= vars(policy).keys()
    assert "_speller" in vars(policy.reader)
