"""A complete finding; needs nothing of the pages, so that other folders' tests can use it."""

from dataclasses import replace

from bench.sample import SAMPLE
from claims.suggestions import Place, SuggestionSettings, risk_of, suggest
from claims.types import Finding

FINDING = replace(
    SAMPLE,
    finding_id="f_power",
    start_ms=26_000,
    end_ms=29_000,
    quote="总功率可以做到一百瓦",
    normalised="总功率可以做到100W",
)


def advised(finding: Finding) -> Finding:
    """The finding as it is stored for a customer that has set nothing."""
    suggestion = suggest(finding, SuggestionSettings(), Place(host_id="h1"))
    return replace(finding, suggestion=suggestion.value, risk=risk_of(finding).value, suggested_by="suggestions@0")
