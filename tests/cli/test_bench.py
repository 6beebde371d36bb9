import json
from pathlib import Path

import pytest

from bench.check import spoken_examples
from bench.report import machine
from cli.commands.bench import benchmarks
from tests.cli.support import ROOT, Call


def test_benchmarks_are_listed_with_what_they_measure(zhenyan: Call) -> None:
    out = zhenyan("bench").out
    listed = dict(benchmarks())
    assert {"check", "asr"} <= set(listed)
    assert all(name in out and what in out for name, what in listed.items())
    assert all(listed.values())
    assert all((ROOT / "bench" / f"{name}.py").is_file() for name in listed)


@pytest.mark.slow
@pytest.mark.service
def test_text_alone_is_measured_beside_its_peer(zhenyan: Call) -> None:
    told = json.loads(zhenyan("bench", "check", "--json").out)
    peer, ours = (row for row in told["rows"] if "way" in row)
    assert peer["times_the_peer"] == 1
    assert ours["passages_per_core_s"] > 0
    one, all_of_them = (row for row in told["rows"] if "process" in row)
    assert (one["passages"], all_of_them["passages"]) == (1, len(spoken_examples()))
    assert 20 < one["peak_mib"] < 2000
    assert told["machine"] == machine()
    assert told["machine"]["cores"] != "0"


def test_an_unknown_benchmark_is_named(zhenyan: Call, tmp_path: Path) -> None:
    answer = zhenyan("bench", "none")
    assert answer.status == 2
    assert all(part in answer.complaint for part in ("'none'", "asr"))


def test_a_benchmark_without_a_quick_form_says_so(zhenyan: Call) -> None:
    answer = zhenyan("bench", "check", "--quick")
    assert answer.status == 2
    assert "--quick" in answer.complaint


def test_a_benchmark_without_options_of_its_own_names_the_one_that_it_was_given(zhenyan: Call) -> None:
    answer = zhenyan("bench", "check", "--streams", "3")
    assert answer.status == 2
    assert "'check': takes no --streams" in answer.complaint


@pytest.mark.slow
@pytest.mark.service
def test_limits_that_are_passed_end_the_stress_with_a_failure(zhenyan: Call) -> None:
    load = ("--streams", "4", "--seconds", "4", "--shards", "1")
    answer = zhenyan("bench", "stress", *load, "--most-p50-ms", "1", "--json")
    assert answer.status == 1
    (row,) = json.loads(answer.out)["rows"]
    assert (row["segments"], row["findings"], row["faults"], row["dropped"]) == (16, 4, 0, 0)
    assert "the limit is 1" in answer.err
