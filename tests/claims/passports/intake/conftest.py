"""What lets passports in, and what it says of one record."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.errors import PassportError
from claims.passports.load import PassportSurvey, survey_parsed
from claims.passports.quantities import QuantityReader
from claims.passports.records import Parsed
from claims.policy.policy import Policy

Survey = Callable[..., PassportSurvey]
Faults = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def reader(policy: Policy) -> QuantityReader:
    return policy.quantity_reader


@pytest.fixture(scope="session")
def survey(reader: QuantityReader) -> Survey:
    """What comes of records at the door."""

    def ask(*records: Any) -> PassportSurvey:
        return survey_parsed(Parsed(content=list(records)), reader, source="test.json")

    return ask


@pytest.fixture(scope="session")
def faults(survey: Survey) -> Faults:
    """What is wrong with one record: reasons by path, as they are told."""

    def ask(record: Any) -> dict[str, str]:
        found: tuple[PassportError, ...] = survey(record).errors
        return {error.path.removeprefix("[0].").removeprefix("[0]"): error.reason for error in found}

    return ask
