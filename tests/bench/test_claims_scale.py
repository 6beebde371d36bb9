"""What is measured is what is meant: added words are really searched, and the process really judges."""

from dataclasses import replace
from pathlib import Path

import pytest

import configs
from bench.cases import blind_sets
from bench.claims_scale import length_rows, padded_policy, process_row
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy


def test_padded_policy_searches_the_words_that_were_added(tmp_path: Path) -> None:
    plain = packaged_policy()
    policy = Policy(padded_policy(configs.POLICY_DIR, 40, tmp_path / "padded"))
    added = policy.lexicon.concepts["padding"]
    assert len(added) == 40
    assert len(policy.lexicon.entries) >= len(plain.lexicon.entries) + 40
    for word in added:
        assert any(hit.entry.word == word for hit in policy.lexicon.search(f"今天{word}讲讲"))


@pytest.mark.slow
@pytest.mark.service
def test_every_length_is_measured_on_the_same_text() -> None:
    rows = length_rows(packaged_policy(), blind_sets()[0].passports)
    assert rows[0]["cost_per_char_over_shortest"] == 1
    assert all(float(str(row["us_per_char"])) > 0 for row in rows)


@pytest.mark.slow
@pytest.mark.service
def test_process_is_started_judges_and_tells_its_memory() -> None:
    one = blind_sets()[0]
    row = process_row(0, configs.POLICY_DIR, replace(one, cases=one.cases[:2]))
    assert row["passages"] == sum(len(case.utterances) for case in one.cases[:2])
    assert 20 < int(str(row["peak_rss_mb"])) < 2000
