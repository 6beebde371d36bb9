"""What decisions are worth: a reader that learnt nothing of live talk, and a room's history decided as it would come.

The base is `semantic: own`, fitted without any talk of rooms. Labelled windows come one after the other; what it flags
is decided as two readers labelled it, and of what it does not flag, a stated share by spot checks. No passage is chosen
otherwise. After so many decisions the reader learns from them, and is scored on the given windows.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console

import configs
from bench.talk_rows import HELD, OWN, TalkMissing, fetched_windows, rooms
from claims.classifier.calibration import FIRST_STEP
from claims.classifier.fit.examples import LabelledPassage
from claims.classifier.fit.figures import bar_at, precision_at
from claims.classifier.fit.gather import examples_of
from claims.classifier.fit.head import Example, Head, fit_head
from claims.classifier.fit.learning import InForce, learn
from claims.classifier.learnt import Pointing
from claims.classifier.opening import open_reader
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Disposition
from cli.policy.labelled_talk import Engines, Said, hours, windows_of, written
from cli.shell.benchmark_report import print_report, report_json

Row = dict[str, object]
DECISIONS = (0, 50, 100, 200, 400)
# Of the passages that are not flagged one in so many is looked at; near the bar four times as many.
SPOT_ONE_IN, NEAR_TIMES, NEAR_SCORE = 50, 4, 0.3
RECALL = 0.6
# Windows of a room's talk stand for hosts: so many groups, of which none is both learnt from and judged by.
_GROUPS = 20
_SEED = 28
_QUICK_DECISIONS = (0, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ScoredPassage:
    """A passage as the base scores it: the most of any claim in it, its detector, and whether it is flagged."""

    said: Said
    score: float
    detector: float | None
    flagged: bool


def run(quick: bool = False) -> list[Row]:
    """On the project's own talk, for which nothing has to be fetched: the base has learnt it, so little is to gain."""
    history, judged = written(OWN), written(HELD)
    counts = _QUICK_DECISIONS if quick else DECISIONS
    if quick:
        judged = [one for window in list(windows_of(judged))[:4] for one in window]
    return measured(history, judged, counts, semantic="e5" if quick else "own")


@click.command(name="learning")
@click.option("--liveamr", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Git directory.")
@click.option("--labels", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Labels to score by.")
@click.option("--semantic", default="own", show_default=True, help="The base; own learnt nothing of live talk.")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw the curve there (PNG).")
@click.option("--json", "as_json", is_flag=True)
def command(liveamr: Path | None, labels: Path | None, semantic: str, picture: Path | None, as_json: bool) -> None:
    """What 0 to 400 decisions on a room's own talk, fetched to --liveamr, gain on the windows of --labels.

    Decided are what the base flags, and spot checks at a stated rate. Without --liveamr, on talk written for this.
    """
    try:
        if liveamr is not None and labels is None:
            raise click.UsageError("--liveamr: needs --labels FILE, of windows that nothing learnt from")
        if liveamr is None or labels is None:
            rows = run()
        else:
            windows = fetched_windows(liveamr)
            rows = measured(rooms(windows), rooms(windows, labels), semantic=semantic)
    except TalkMissing as error:
        raise click.UsageError(str(error)) from error
    if picture is not None:
        draw(rows, picture)
    if as_json:
        click.echo(report_json("learning", rows))
    else:
        print_report("learning", rows, Console())


def measured(
    history: Sequence[Said], judged: Sequence[Said], counts: Sequence[int] = DECISIONS, *, semantic: str = "own"
) -> list[Row]:
    """A row for each count of decisions, and one of the history, in an order of chance: no window is chosen."""
    policy = packaged_policy()
    reader = open_reader(semantic, configs.SEMANTIC_DIR)
    assert reader is not None
    engines = Engines(policy, reader)
    pointing: Pointing = reader  # type: ignore[assignment]
    decided, heard_h, flags, spots = _decisions(history, engines, max(counts))
    goods = {one.goods for one in judged} | {passage.kind for passage in decided}
    in_force = InForce(
        base=pointing.gate_key,
        name=semantic,
        learnt=None,
        calibrations={kind: reader.calibration(kind) for kind in goods},
    )
    scored = _to_score(judged, engines, policy, pointing)
    rows = []
    for count in counts:
        part = decided[:count]
        examples = examples_of(part, policy, pointing) if part else []
        head = fit_head(examples, in_force.calibrations) if part else None
        learnt = learn(part, examples, in_force, tenant="local", left_out=Counter()) if part else None
        row: Row = {
            "decisions": count,
            "flags": sum(not p.sampled for p in part),
            "spot checks": sum(p.sampled for p in part),
        }
        row |= _worth(scored, head, in_force)
        row["reach"] = None if head is None else head.reach
        row["refused"] = "" if learnt is None or learnt.refused is None else learnt.refused
        rows.append(row)
    return [*rows, {"history hours": round(heard_h, 2), "flags met": flags, "spot checks met": spots}]


def _decisions(history: Sequence[Said], engines: Engines, most: int) -> tuple[list[LabelledPassage], float, int, int]:
    """The first decisions of the history as they come, how many hours that took, and how many came by what way."""
    windows = sorted(windows_of(history), key=lambda window: _drawn(window[0].window))
    found: list[LabelledPassage] = []
    took = 0.0
    flags = spots = 0
    for window in windows:
        for heard in _heard(window, engines):
            sampled = not heard.flagged and _is_drawn(heard)
            if not (heard.flagged or sampled) or heard.said.label == "unsure":
                continue
            found.append(_labelled(heard, sampled=sampled))
            flags, spots = flags + heard.flagged, spots + sampled
            if len(found) == most:
                return found, took + hours(window), flags, spots
        took += hours(window)
    return found, took, flags, spots


def _heard(window: Sequence[Said], engines: Engines) -> Iterator[_ScoredPassage]:
    """The passages of a window as the engine scores them."""
    by_id = {f"{one.window}.{one.number}": one for one in window}
    best: dict[str, Judged] = {}

    def note(scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]) -> None:
        for claim in assessed:
            known = best.get(claim.passage.id)
            is_read = any(step.step == FIRST_STEP for step in claim.judged.steps)
            if is_read and not claim.judged.harmless and (known is None or claim.judged.score > known.score):
                best[claim.passage.id] = claim.judged

    flagged = {
        passage_id
        for finding in engines.findings(window, note)
        if finding.disposition is Disposition.FLAG
        for passage_id in finding.passage_ids
    }
    for passage_id, said in by_id.items():
        judged = best.get(passage_id)
        detector = None if judged is None else _detector(judged)
        score = 0.0 if judged is None else judged.score
        yield _ScoredPassage(
            said=said, score=score, detector=detector, flagged=judged is not None and passage_id in flagged
        )


def _detector(judged: Judged) -> float | None:
    steps = [step.step for step in judged.steps]
    place = steps.index(FIRST_STEP)
    return None if place == 0 else min(1.0, max(0.0, judged.steps[place - 1].value))


def _drawn(name: str) -> float:
    """A number of chance, the same for the same name."""
    return int(hashlib.sha256(f"{_SEED}:{name}".encode()).hexdigest()[:12], 16) / 16**12


def _is_drawn(heard: _ScoredPassage) -> bool:
    times = NEAR_TIMES if heard.score >= NEAR_SCORE else 1
    return _drawn(f"spot {heard.said.window}.{heard.said.number}") < times / SPOT_ONE_IN


def _labelled(heard: _ScoredPassage, *, sampled: bool) -> LabelledPassage:
    said = heard.said
    return LabelledPassage(
        text=said.text,
        label=said.label,
        goods=said.category,
        classes=said.classes if said.label == "breach" else (),
        host=f"group {int(_drawn(f'group {said.window}') * _GROUPS)}",
        detector=heard.detector,
        sampled=sampled,
    )


def _to_score(
    judged: Sequence[Said], engines: Engines, policy: Policy, reader: Pointing
) -> list[tuple[Example, float, Said]]:
    """What is scored: each passage with a label, and how many hours of talk it stands for."""
    heard = [one for window in windows_of(judged) for one in _heard(window, engines)]
    passages = [
        _labelled(replace(one, said=replace(one.said, text=one.said.text)), sampled=False).model_copy(
            update={"stream": f"{one.said.window}.{one.said.number}", "host": f"{one.said.window}.{one.said.number}"}
        )
        for one in heard
    ]
    by_place = {f"{one.said.window}.{one.said.number}": one.said for one in heard}
    took = hours(judged)
    return [(one, took, by_place[one.passage.stream]) for one in examples_of(passages, policy, reader)]


def _worth(scored: Sequence[tuple[Example, float, Said]], head: Head | None, in_force: InForce) -> Row:
    """How precise flags are where so much is found, and how many of them are false in an hour."""
    decided = [(example, took) for example, took, said in scored if said.label != "unsure"]
    examples = [example for example, _ in decided]
    breach = [example.passage.label == "breach" for example in examples]
    scores = (
        in_force.scores(examples)
        if head is None
        else [head.score(example, in_force.calibrations) for example in examples]
    )
    bar = bar_at(scores, breach, RECALL)
    false = sum(score >= bar and not is_breach for score, is_breach in zip(scores, breach, strict=True))
    return {
        f"precision at recall {RECALL:g}": round(precision_at(scores, breach, RECALL), 3),
        "false an hour": round(false / decided[0][1], 1) if decided else 0.0,
        "area": round(_area(scores, breach), 3),
    }


def _area(scores: Sequence[float], breach: Sequence[bool]) -> float:
    from bench.talk_score import area

    return area(scores, breach)


def draw(rows: Sequence[Row], picture: Path) -> None:
    """The curve as a picture: precision, and false alarms an hour, by decisions."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in rows if "decisions" in row]
    counts = [str(row["decisions"]) for row in rows]
    figure, left = pyplot.subplots(figsize=(6, 3.6), dpi=150)
    left.plot(counts, [float(str(row[f"precision at recall {RECALL:g}"])) for row in rows], marker="o", color="#1f6f43")
    left.set_xlabel("decisions learnt from")
    left.set_ylabel(f"precision at recall {RECALL:g}", color="#1f6f43")
    left.set_ylim(0, 1)
    right = left.twinx()
    right.plot(counts, [float(str(row["false an hour"])) for row in rows], marker="s", linestyle="--", color="#9a4b12")
    right.set_ylabel("false alarms an hour", color="#9a4b12")
    right.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)
