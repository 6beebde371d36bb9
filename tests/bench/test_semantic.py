"""The table of layers: every way is run, and the layers matter."""

import pytest

from bench.semantic import LAYERS, run, ways


def test_every_layer_is_left_out_once_and_the_semantic_layer_comes_last() -> None:
    names = [name for name, _, _ in ways()]
    assert names == [
        "rules alone",
        *(f"all but {layer}" for layer in LAYERS),
        "all",
        "all and e5",
        "all and own",
        "all and gemma",
    ]
    left_out = {name: set(LAYERS) - set(layers) for name, layers, _ in ways()}
    assert all(left_out[f"all but {layer}"] == {layer} for layer in LAYERS)
    assert left_out["rules alone"] == set(LAYERS)
    assert left_out["all"] == left_out["all and e5"] == left_out["all and own"] == left_out["all and gemma"] == set()
    assert [semantic for _, _, semantic in ways() if semantic != "off"] == ["e5", "own", "gemma"]


@pytest.mark.slow
@pytest.mark.service
def test_a_few_cases_are_judged_in_every_way() -> None:
    rows = run(quick=True)
    assert len(rows) == len(ways())
    by_way = {row["way"]: row for row in rows}
    assert by_way["rules alone"]["recall"] == by_way["all but filler"]["recall"] == 0.0
    assert float(str(by_way["all"]["recall"])) > 0.5
    assert all(int(str(row["passages_per_core_s"])) > 0 for row in rows)
