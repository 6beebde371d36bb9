"""`second_reader.yaml`: what a language model is asked of a finding that is in doubt, and what its answer is worth.

A policy that was written before there was such a file has nothing read a second time.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from claims.types import Frozen


def _compiles(source: str) -> str:
    try:
        re.compile(source)
    except re.error as error:
        raise ValueError(f"{source!r} is no pattern: {error}") from error
    return source


class SecondReaderFile(Frozen):
    """`second_reader.yaml`, whose own remarks say what each part is."""

    version: Annotated[str, Field(min_length=1)]
    system: Annotated[str, Field(min_length=1)]
    task: Annotated[str, Field(min_length=1)]
    host: Annotated[str, Field(min_length=1)]
    lifts_to: Annotated[float, Field(gt=0, le=1)]
    lowers_to: Annotated[float, Field(ge=0, lt=1)]
    neighbours: Annotated[int, Field(ge=0, le=20)]
    decided: Annotated[int, Field(ge=0, le=10)]
    lines: Annotated[int, Field(ge=0, le=200)]
    text_chars: Annotated[int, Field(ge=20, le=4000)]
    speaks_to_machine: tuple[Annotated[str, AfterValidator(_compiles)], ...]
