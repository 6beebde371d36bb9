"""How deep a broadcast is looked into: by the hour of its own zone, and sampled pictures that lie apart."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from ingest.decode.depth import EVERYTHING, Depth, DepthHours, DepthPlan
from ingest.decode.shedding import Effort, Thinning

SAMPLED = Depth(pictures="sampled", every_ms=10_000)
SOUND = Depth(pictures="none")
CHINA = timezone(timedelta(hours=8))
NIGHT = DepthHours(from_min=22 * 60, until_min=2 * 60, depth=SOUND)
NOON = DepthHours(from_min=12 * 60, until_min=13 * 60, depth=Depth())


@pytest.mark.parametrize(
    ("moment", "zone", "depth"),
    [
        ("2026-11-24T14:00:00+00:00", CHINA, SOUND),
        ("2026-11-24T17:59:59+00:00", CHINA, SOUND),
        ("2026-11-24T18:00:00+00:00", CHINA, SAMPLED),
        ("2026-11-24T13:59:59+00:00", CHINA, SAMPLED),
        ("2026-11-24T04:30:00+00:00", CHINA, Depth()),
        ("2026-11-24T14:00:00+00:00", None, SAMPLED),
        ("2026-11-24T22:00:00+00:00", None, SOUND),
        ("2026-07-01T20:30:00+00:00", ZoneInfo("Europe/Berlin"), SOUND),
        ("2026-12-01T20:30:00+00:00", ZoneInfo("Europe/Berlin"), SAMPLED),
    ],
    ids=["22:00", "before 2:00", "2:00", "before 22:00", "noon", "UTC", "UTC 22:00", "summer time", "winter time"],
)
def test_the_hours_are_those_of_the_broadcasts_zone(moment: str, zone: tzinfo | None, depth: Depth) -> None:
    plan = DepthPlan(usual=SAMPLED, hours=(NIGHT, NOON))
    at_ms = int(datetime.fromisoformat(moment).astimezone(UTC).timestamp() * 1000)
    assert plan.at(at_ms, zone) == depth
    assert EVERYTHING.at(at_ms, zone).why == ""


def test_sampled_pictures_lie_apart_across_segments_and_a_clock_that_went_back_starts_anew() -> None:
    thinning = Thinning()
    asked = [[0, 2_000], [4_000, 9_999], [10_000, 12_000], [25_000], [3_000]]
    kept = [thinning.keep(Effort.EVERY_KEY_FRAME, keys, 10_000) for keys in asked]
    assert kept == [[True, False], [False, False], [True, False], [True], [True]]
