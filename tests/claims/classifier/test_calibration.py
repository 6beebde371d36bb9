"""One score: each feature moves it as it should, every step is told, and the bar follows from the budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from claims.classifier.calibration import Calibration, Features
from tests.claims.support import CALIBRATION

SCORES = st.floats(0.01, 0.99)
ODDS = st.floats(-8, 8)


@given(detector=st.none() | SCORES, reader=ODDS, share=SCORES)
def test_the_steps_end_in_the_score(detector: float | None, reader: float, share: float) -> None:
    features = Features(detector=detector, reader=reader, open_share=share)
    steps = CALIBRATION.steps(features)
    assert steps[-1].value == CALIBRATION.score(features)
    assert 0 <= CALIBRATION.score(features) <= 1
    assert len(steps) == 3 + (detector is not None)


@given(detector=SCORES, reader=ODDS, more=st.floats(0.1, 3))
def test_a_surer_reader_and_a_stronger_detector_never_lower_it(detector: float, reader: float, more: float) -> None:
    def score(detector: float, reader: float) -> float:
        return CALIBRATION.score(Features(detector=detector, reader=reader, open_share=1.0))

    assert score(detector, reader) <= score(detector, reader + more)
    assert score(detector, reader) <= score(min(0.99, detector + 0.1), reader)


@pytest.mark.parametrize(
    ("per_hour", "bar"), [(0.2, 0.8), (1.0, 0.8), (4.5, 0.65), (8.0, 0.5), (24.0, 0.4), (40.0, 0.3), (90.0, 0.3)]
)
def test_a_larger_budget_has_a_lower_bar(per_hour: float, bar: float) -> None:
    assert CALIBRATION.bar(per_hour) == pytest.approx(bar)


def test_a_calibration_without_budgets_is_refused() -> None:
    with pytest.raises(ValidationError, match="budgets"):
        Calibration.model_validate(CALIBRATION.model_dump() | {"budgets": ()})
