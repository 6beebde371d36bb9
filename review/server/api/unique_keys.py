"""A guard of routes that take passports in a JSON body: a key that stands twice is refused, not lost."""

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from claims.errors import visible
from claims.passports.records import Parsed, parse_json
from review.api_errors import OrderRefused
from review.passports.records import MOST_FAULTS, fault_summary


async def unique_keys(request: Request) -> None:
    """OrderRefused names every key of the body that stands twice in its mapping, with its line.

    What is no JSON, and what is sent as something else, is left to who reads the body.
    """
    body = await request.body()
    if body:
        await run_in_threadpool(check_unique_keys, body)


def check_unique_keys(body: bytes) -> None:
    """As `unique_keys`, of a body that is at hand."""
    parsed = _parsed(body)
    faults = [(visible(".".join(map(str, one.path))), one.description) for one in parsed.doubled[:MOST_FAULTS]]
    if faults:
        raise OrderRefused("body", fault_summary(faults), code="form", faults=faults)


def _parsed(body: bytes) -> Parsed:
    try:
        return parse_json(body)
    except (ValueError, RecursionError):
        return Parsed(content=None)
