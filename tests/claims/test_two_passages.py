"""Forty questions and answers over goods of which nothing was learnt: half contradict a record, half look like it."""

import pytest

import configs
from bench.cases import BROADCAST_AT
from bench.checkout import CASES_DIR
from bench.registered import our_method, rows_of
from bench.registered_cases import read_registered
from claims.classifier.opening import open_reader
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.policy import Policy


@pytest.mark.service
@pytest.mark.slow
def test_answers_that_contradict_a_record_are_found_and_true_ones_left_alone(policy: Policy) -> None:
    """Before passages were read as answers, .45 / .90 were found."""
    passports = load_passports(CASES_DIR / "answers" / "passports.json", policy.quantity_reader)
    reader = open_reader("gemma", configs.SEMANTIC_DIR, device="cpu")
    engine = ClaimEngine(policy, passports, at=BROADCAST_AT, reader=reader)
    row = next(iter(rows_of("ours", read_registered("answers", CASES_DIR), our_method(engine))))
    assert float(str(row["recall"])) >= 0.6, row
    assert float(str(row["precision"])) >= 0.85, row
    assert float(str(row["right_attribute"])) >= 0.9, row
