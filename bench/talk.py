"""Talk of real rooms: ours, rules alone, the reader that learnt nothing fetched, word lists and n-grams, in one run."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

import configs
from bench.peers import BROAD_CONCEPTS, STRICT_CONCEPTS, word_list
from bench.talk_rows import HELD, LABELS, OWN, TalkMissing, fetched_windows, rooms
from bench.talk_score import area, flag_of, recall_at, score
from claims.classifier.calibration import Features
from claims.classifier.opening import OFF, open_reader
from claims.classifier.reading import Reader
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Disposition
from cli.policy.labelled_talk import Engines, Said, hours, passages, windows_of, written
from cli.shell.benchmark_report import print_report, report_json

Row = dict[str, object]
_QUICK_WINDOWS = 4
_BUDGET = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What one way says: a score for each passage, what its flags are worth, and what it cost; None: not measured."""

    scores: list[float]
    recall: float
    recall_right_class: float | None
    precision: float
    false_per_hour: float
    cpu_s: float | None = None


def run(quick: bool = False) -> list[Row]:
    """The held-back talk of the project's own, for which nothing has to be fetched."""
    said = written(HELD)
    if quick:
        said = [one for window in list(windows_of(said))[:_QUICK_WINDOWS] for one in window]
    return measured(said, written(OWN), ("ours", "rules alone", "strict word list") if quick else ())


@click.command(name="talk")
@click.option("--liveamr", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Git directory.")
@click.option("--labels", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Labels of its windows.")
@click.option("--json", "as_json", is_flag=True)
def command(liveamr: Path | None, labels: Path | None, as_json: bool) -> None:
    """How all ways do on talk of real rooms, fetched to --liveamr, by --labels of windows that nothing learnt from.

    Without --liveamr, on talk that was written for this and held back.
    """
    try:
        if liveamr is not None and labels is None:
            raise click.UsageError("--liveamr: needs --labels FILE, of windows that nothing learnt from")
        rows = run() if liveamr is None or labels is None else of_rooms(liveamr, labels)
    except TalkMissing as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(report_json("talk", rows))
    else:
        print_report("talk", rows, Console())


def of_rooms(git_dir: Path, labels: Path) -> list[Row]:
    """The rows for these windows of the fetched talk; the n-grams learn from the project's own labels of others."""
    windows = fetched_windows(git_dir)
    return measured(rooms(windows, labels), rooms(windows, LABELS))


def measured(said: Sequence[Said], learnt_from: Sequence[Said], only: Sequence[str] = ()) -> list[Row]:
    """A row for each way, in turn."""
    policy = packaged_policy()
    rows: list[Row] = []
    for name, way in _ways(policy, learnt_from):
        if only and name not in only:
            continue
        outcome = way(said)
        decided = [n for n, one in enumerate(said) if one.label != "unsure"]
        scores, breach = [outcome.scores[n] for n in decided], [said[n].label == "breach" for n in decided]
        right = None if outcome.recall_right_class is None else round(outcome.recall_right_class, 3)
        rows.append(
            {
                "way": name,
                "hours": round(hours(said), 2),
                "recall": round(outcome.recall, 3),
                "right class": right,
                "precision": round(outcome.precision, 3),
                "false an hour": round(outcome.false_per_hour, 1),
                "recall at precision .8": round(recall_at(scores, breach, 0.8), 3),
                "recall at precision .9": round(recall_at(scores, breach, 0.9), 3),
                "area": round(area(scores, breach), 3),
                "passages a CPU s": None if outcome.cpu_s is None else round(len(said) / outcome.cpu_s),
            }
        )
    return rows


def _ways(policy: Policy, learnt_from: Sequence[Said]) -> Iterator[tuple[str, Callable[[Sequence[Said]], _Outcome]]]:
    for name, semantic in (
        ("ours", "gemma"),
        ("rules alone", OFF),
        ("ours, nothing fetched", "own"),
        ("ours, e5", "e5"),
    ):
        yield (
            name,
            lambda said, semantic=semantic: _by_engine(  # type: ignore[misc]
                said, policy, open_reader(semantic, configs.SEMANTIC_DIR)
            ),
        )
    for name, concepts in (("strict word list", STRICT_CONCEPTS), ("broad word list", BROAD_CONCEPTS)):
        words = word_list(policy, name, concepts)
        yield (
            name,
            lambda said, words=words: _by_bar(  # type: ignore[misc]
                said, [float(words.count(one.text)) for one in said], words.default_threshold
            ),
        )
    yield "n-grams", lambda said: _by_ngrams(said, learnt_from)


def _by_engine(said: Sequence[Said], policy: Policy, reader: Reader | None) -> _Outcome:
    """Findings by the engine; of a passage the most that any claim in it scores, the reader's own included."""
    engines = Engines(policy, reader)
    most: dict[str, float] = {}
    flags = []
    for kind in {one.category for one in said}:
        engines.of(kind)
    cpu_s = 0.0
    for window in windows_of(said):
        by_id = {f"{one.window}.{one.number}": one for one in window}

        def note(scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]) -> None:
            for claim in assessed:
                if not claim.judged.harmless:
                    most[claim.passage.id] = max(most.get(claim.passage.id, 0.0), claim.judged.score)

        started = time.process_time()
        found = list(engines.findings(window, note))
        cpu_s += time.process_time() - started
        for finding in found:
            if finding.disposition is Disposition.FLAG:
                flags.append(flag_of(finding, by_id))
        if reader is not None:
            engine = engines.of(window[0].category)
            for passage, one in zip(passages(window, "P"), window, strict=True):
                alone = max((_alone(reader, piece.text, one) for piece in engine.pieces(passage)), default=0.0)
                most[passage.id] = max(most.get(passage.id, 0.0), alone)
    worth = score(said, flags)
    return _Outcome(
        scores=[most.get(f"{one.window}.{one.number}", 0.0) for one in said],
        recall=worth.recall,
        recall_right_class=worth.recall_right_class,
        precision=worth.precision,
        false_per_hour=worth.false_per_hour,
        cpu_s=cpu_s,
    )


def _alone(reader: Reader, text: str, one: Said) -> float:
    """What the reader alone makes of a passage, whatever else is found in it."""
    reading = reader.read(text, one.goods)
    return reader.calibration(one.goods).score(Features(detector=None, reader=reading.breach, open_share=1.0))


def _by_ngrams(said: Sequence[Said], learnt_from: Sequence[Said]) -> _Outcome:
    """TF-IDF of one to three characters and a logistic regression, its bar at eight false alarms an hour unseen."""
    kept = [one for one in learnt_from if one.label != "unsure"]
    texts, labels = [one.text for one in kept], np.array([one.label == "breach" for one in kept])
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True),
        LogisticRegression(C=10.0, max_iter=300),
    )
    windows = [one.window for one in kept]
    unseen = cross_val_predict(model, texts, labels, groups=windows, cv=GroupKFold(5), method="predict_proba")[:, 1]
    false = np.sort(unseen[~labels])[::-1]
    bar = float(false[min(len(false) - 1, int(_BUDGET * hours(learnt_from)))])
    return _by_bar(said, model.fit(texts, labels).predict_proba([one.text for one in said])[:, 1].tolist(), bar)


def _by_bar(said: Sequence[Said], scores: list[float], bar: float) -> _Outcome:
    flagged = [one for one, likely in zip(said, scores, strict=True) if likely >= bar]
    true, false = (sum(one.label == label for one in flagged) for label in ("breach", "lawful"))
    return _Outcome(
        scores=scores,
        recall=true / max(1, sum(one.label == "breach" for one in said)),
        recall_right_class=None,
        precision=true / max(1, true + false),
        false_per_hour=false / hours(said),
    )
