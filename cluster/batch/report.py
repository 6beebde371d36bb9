"""The report of a batch: one HTML file with its charts, which needs nothing beside it and no network."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import configs
from claims.law.texts import StatuteTexts
from claims.policy.policy import Policy
from cluster.batch.folder import FINDINGS, replace_text
from cluster.batch.types import BatchReading, FileResult, FileState
from review.presentation.findings import stream_clock
from review.server.assets import chart_source

REPORT = "report.html"
_TEMPLATES = Path(__file__).parent / "templates"
_MOST_BARS = 20
_MOST_FINDINGS = 300
_STEP_MS = 600_000
_NO_PRODUCT = "商品不明 no known product"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Flags by one thing, most first; `name` and `title` say which, in Chinese and English."""

    name: str
    title: str
    rows: tuple[tuple[str, int], ...]
    upright: bool = False


def write_report(
    out: Path,
    results: Sequence[FileResult],
    policy: Policy,
    products: Mapping[str, str],
    second: BatchReading | None = None,
) -> None:
    """Writes `report.html` beside the findings; `products`: the names of products by id; `second`: what was read
    again, None: nothing was."""
    lines = (out / FINDINGS).read_text(encoding="utf-8").splitlines()
    flags = [finding for line in lines if (finding := json.loads(line))["disposition"] == "flag"]
    replace_text(out / REPORT, _page(results, flags, policy, products, second))


def _page(
    results: Sequence[FileResult],
    flags: Sequence[Mapping[str, Any]],
    policy: Policy,
    products: Mapping[str, str],
    second: BatchReading | None,
) -> str:
    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    done = [result for result in results if result.state is FileState.DONE]
    return pages.get_template("batch_report.html").render(
        charts=_charts(done, flags, policy, products),
        # Markup that ends the script element can't stand in a script that is written into a page.
        chart_source=Markup(chart_source().replace("</", "<\\/")),
        second=second,
        results=results,
        states=Counter(result.state.value for result in results),
        hours=sum(result.length_ms for result in done) / 3_600_000,
        flags=sorted(flags, key=lambda f: (-float(f["score"]), f["stream_id"], f["start_ms"]))[:_MOST_FINDINGS],
        flag_count=len(flags),
        clock=stream_clock,
        class_name=_class_names(policy),
        laws=StatuteTexts.read(configs.LAWS_FILE),
        file_of={result.stream_id: result.name for result in done},
    )


def _charts(
    done: Sequence[FileResult], flags: Sequence[Mapping[str, Any]], policy: Policy, products: Mapping[str, str]
) -> tuple[Chart, ...]:
    host_of = {result.stream_id: result.host_id for result in done}
    class_name = _class_names(policy)
    last = max((int(f["start_ms"]) // _STEP_MS for f in flags), default=0)
    at = Counter(int(f["start_ms"]) // _STEP_MS for f in flags)
    return (
        Chart(name="class", title="按类别 By class", rows=_most(class_name(str(f["class"])) for f in flags)),
        Chart(name="host", title="按主播 By host", rows=_most(host_of.get(str(f["stream_id"]), "?") for f in flags)),
        Chart(
            name="product",
            title="按商品 By product",
            rows=_most(products.get(f["product_id"], f["product_id"]) or _NO_PRODUCT for f in flags),
        ),
        Chart(
            name="time",
            title="按播出时间（每 10 分钟） By time into the broadcast (10 minutes each)",
            rows=tuple((stream_clock(step * _STEP_MS), at[step]) for step in range(last + 1)) if flags else (),
            upright=True,
        ),
    )


def _most(names: Any) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda row: (-row[1], row[0]))[:_MOST_BARS])


def _class_names(policy: Policy) -> Callable[[str], str]:
    names = {info.id: f"{info.name_zh} {info.name_en}" for info in policy.classes.values()}
    return lambda class_id: names.get(class_id, class_id)
