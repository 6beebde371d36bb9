"""A complete finding; needs nothing of the pages, so that other folders' tests can use it."""

from dataclasses import replace

from bench.sample import SAMPLE

FINDING = replace(
    SAMPLE,
    finding_id="f_power",
    start_ms=26_000,
    end_ms=29_000,
    quote="总功率可以做到一百瓦",
    normalised="总功率可以做到100W",
)
