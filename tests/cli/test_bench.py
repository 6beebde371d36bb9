import json
from pathlib import Path

import pytest

from bench.check import spoken_examples
from cli.commands.bench import GROUP, benchmarks
from cli.shell.benchmark_report import machine
from tests.cli.support import ROOT, Call

Patch = pytest.MonkeyPatch


def test_benchmarks_are_listed_with_what_they_measure(zhenyan: Call) -> None:
    out = zhenyan("bench").out
    listed = {each.name: each.measures for each in benchmarks()}
    assert {"check", "asr"} <= set(listed)
    assert all(name in out and what in out for name, what in listed.items())
    assert all(listed.values())
    assert all((ROOT / "bench" / f"{name}.py").is_file() for name in listed)


def test_a_package_of_somebody_else_brings_its_benchmarks(zhenyan: Call, tmp_path: Path, monkeypatch: Patch) -> None:
    package, metadata = tmp_path / "house_bench", tmp_path / "house_bench-1.dist-info"
    package.mkdir()
    metadata.mkdir()
    (package / "__init__.py").touch()
    (package / "abacus.py").write_text('"""How fast beads move."""\n\ndef run():\n    return [{"beads": 7}]\n')
    (package / "helper.py").write_text('"""No benchmark: it has no `run`."""\n')
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: house-bench\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\nhouse = house_bench\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    out = zhenyan("bench").out
    assert "How fast beads move." in out
    assert "helper" not in out
    assert json.loads(zhenyan("bench", "abacus", "--json").out)["rows"] == [{"beads": 7}]


@pytest.mark.parametrize("arguments", [(), ("asr",)], ids=["the list", "one by name"])
def test_without_benchmarks_it_says_what_to_install(
    arguments: tuple[str, ...], zhenyan: Call, monkeypatch: Patch
) -> None:
    monkeypatch.setattr("cli.commands.bench.GROUP", "zhenyan.benchmarks.of.nobody")
    answer = zhenyan("bench", *arguments)
    assert answer.status == 2
    assert "pip install -e ./bench" in answer.complaint


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
