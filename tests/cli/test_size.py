import json
from pathlib import Path

import pytest
import yaml

import configs
from cli.config.sizing import Figures, Prices, Size, Workload, read_figures, size
from tests.cli.support import Call

PRICES = Prices(core=10.0, memory_gb=0.0, disk_tb=100.0, gpu=1_000.0, received_tb=0.0)


@pytest.fixture
def figures() -> Figures:
    return read_figures(configs.SIZING_FILE)


def sized(figures: Figures, streams: int, **more: float) -> Size:
    return size(Workload(streams=streams, **more), figures, PRICES)  # type: ignore[arg-type]


def test_more_broadcasts_never_take_less(figures: Figures) -> None:
    sizes = [sized(figures, streams) for streams in (1, 2, 10, 99, 1_000, 10_000, 100_000)]
    for name in ("cores", "machines", "memory_gb", "disk_tb", "segments_per_s", "money_a_month"):
        told = [getattr(each, name) for each in sizes]
        assert told == sorted(told)
        assert told[0] < told[-1]


def test_what_can_be_reckoned_by_hand(figures: Figures) -> None:
    found = sized(figures, 100, hours=10.0, keep_days=2.0, findings_per_hour=36.0)
    # 2.5 Mbit/s are 1.125 GB an hour.
    assert found.recorded_tb_a_day == pytest.approx(100 * 1.125 * 10 / 1000)
    assert found.disk_tb == pytest.approx(2 * found.recorded_tb_a_day)
    assert found.network_gbit == pytest.approx(0.25)
    assert found.segments_per_s == pytest.approx(50.0)
    assert found.findings_per_s == pytest.approx(1.0)


def test_a_gpu_takes_the_hearing_from_the_cores(figures: Figures) -> None:
    on_cores, on_cards = sized(figures, 1_000), sized(figures, 1_000, streams_per_gpu=300.0)
    assert (on_cores.gpus, on_cards.gpus) == (0, 4)
    assert on_cards.cores < on_cores.cores


def test_fuller_cores_are_fewer(figures: Figures) -> None:
    assert sized(figures, 1_000, load=0.9).cores < sized(figures, 1_000, load=0.5).cores


def test_a_narrow_network_asks_for_more_machines(figures: Figures) -> None:
    assert sized(figures, 1_000, machine_gbit=0.1).machines > sized(figures, 1_000).machines


def test_what_gives_first_stands_first(figures: Figures) -> None:
    found = sized(figures, 100_000)
    assert [limit.used for limit in found.limits] == sorted((limit.used for limit in found.limits), reverse=True)
    assert found.limits[0].used > 1
    many = sized(figures, 100_000, findings_per_hour=100_000.0)
    assert many.limits[0].part == "findings stored a second"


def test_every_figure_says_where_it_is_from(figures: Figures) -> None:
    for _, figure in figures:
        assert bool(figure.assumed) != bool(figure.command and figure.machine)


def test_the_command_prints_a_table_and_json(zhenyan: Call) -> None:
    table = zhenyan("size", "--streams", "1000")
    assert table.status == 0
    assert "1,000 broadcasts" in table.out
    assert "what gives first" in table.out
    told = json.loads(zhenyan("size", "--streams", "1000", "--json").out)
    assert told["streams"] == 1_000
    assert {limit["part"] for limit in told["limits"]} >= {"segments stored a second"}


def test_prices_are_the_callers(zhenyan: Call) -> None:
    free = [f"--{name}-price=0" for name in ("core", "memory", "disk", "gpu", "received")]
    assert json.loads(zhenyan("size", "--streams", "10", "--json", *free).out)["money_a_month"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("--streams", "0"),
        ("--streams", "many"),
        ("--streams", "10", "--load", "2"),
        ("--streams", "10", "--hours", "25"),
        ("--streams", "10", "--core-price", "-1"),
        (),
    ],
)
def test_a_wrong_wish_is_refused(zhenyan: Call, wrong: tuple[str, ...]) -> None:
    answer = zhenyan("size", *wrong)
    assert answer.status == 2
    assert "--" in answer.complaint


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"value": 0}, "greater than 0"),
        ({"command": ""}, "name the command"),
        ({"guess": 1}, "unknown key"),
    ],
)
def test_a_figure_without_a_source_is_refused(
    zhenyan: Call, tmp_path: Path, change: dict[str, object], named: str
) -> None:
    content = yaml.safe_load(configs.SIZING_FILE.read_text(encoding="utf-8"))
    content["figures"]["sight_cores"] |= change
    wrong = tmp_path / "mine.yaml"
    wrong.write_text(yaml.safe_dump(content), encoding="utf-8")
    answer = zhenyan("size", "--streams", "10", "--figures", wrong)
    assert answer.status == 2
    assert named in answer.complaint
    assert "mine.yaml" in answer.complaint
