"""A second reader on what is in doubt: none, the configured model, and an oracle that labels as the readers did."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console

import configs
from bench.cases import read_cases
from bench.talk_rows import HELD, TalkMissing, fetched_windows, rooms
from bench.talk_score import Flag, flag_of, score
from claims.classifier.opening import AUTO, OFF, semantics_of
from claims.classifier.reading import Reader
from claims.engine.conversation import ClaimEngine
from claims.law.texts import day_of
from claims.passports.load import load_passports
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.second_reader.asking import Material, question
from claims.second_reader.doubt import is_doubtful
from claims.second_reader.merging import merged
from claims.second_reader.types import CaseHold, Opinion, Question
from claims.types import Disposition, Finding, Passage
from cli.config.reading_again import config_of
from cli.config.settings import load_settings
from cli.policy.labelled_talk import AT, Engines, Said, hours, passages, windows_of, written
from cli.shell.benchmark_report import print_report, report_json
from cluster.second_reader.listening import Listener
from cluster.second_reader.opening import open_model
from cluster.second_reader.types import Outcome, SecondReaderConfig, SecondReadingResult
from review.second_reader.types import Budget, KeptAnswer

Row = dict[str, object]
_QUICK_WINDOWS = 4

# What a way says of a question, given where the finding stands in the labelled talk.
Way = Callable[[Question, Said], SecondReadingResult]


@dataclass(slots=True)
class _Memory:
    """Answers of one run, without a database; the rate of calls is what is measured, so that no budget hides it."""

    answers: dict[str, KeptAnswer] = field(default_factory=dict)

    def answer(self, key: str) -> KeptAnswer | None:
        return self.answers.get(key)

    def keep(self, answer: KeptAnswer) -> None:
        self.answers[answer.key] = answer

    def allow(self, stream_id: str, budget: Budget) -> bool:
        return True

    def count(self, outcome: str, *, tokens_in: int = 0, tokens_out: int = 0, cost: float = 0.0) -> None:
        """Each answer is counted by who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """What was said in a window, how readers labelled it, by what it is judged, and what is found."""

    said: list[Said]
    passages: tuple[Passage, ...]
    engine: ClaimEngine
    findings: list[Finding]


def run(quick: bool = False) -> list[Row]:
    """The held-back talk of the project's own, for which nothing has to be fetched."""
    said = written(HELD)
    if quick:
        said = [one for window in list(windows_of(said))[:_QUICK_WINDOWS] for one in window]
    policy, reader = _judged_by(OFF if quick else AUTO)
    return measured({"held": list(_of_talk(said, Engines(policy, reader)))})


@click.command(name="second_reader")
@click.option("--liveamr", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Git directory.")
@click.option("--labels", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Labels of its windows.")
@click.option("--punished", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Cases, all breaches.")
@click.option("--passports", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Of their goods.")
@click.option("--json", "as_json", is_flag=True)
def command(
    liveamr: Path | None, labels: Path | None, punished: Path | None, passports: Path | None, as_json: bool
) -> None:
    """What a second reader adds on talk of real rooms (--liveamr, --labels) and on punished sentences (--punished).

    The model is the one of the settings (ZHENYAN_SECOND_READER_URL, _MODEL, _KEY); without one, the ceiling alone is
    measured: what an oracle that answers as the readers did would give. Without --liveamr, on talk written for this.
    """
    if punished is not None and passports is None:
        raise click.UsageError("--punished: needs --passports FILE, in which their goods are registered")
    policy, reader = _judged_by(AUTO)
    engines = Engines(policy, reader)
    try:
        said = rooms(fetched_windows(liveamr), labels) if liveamr and labels else written(HELD)
    except TalkMissing as error:
        raise click.UsageError(str(error)) from error
    talk = {"rooms" if liveamr and labels else "held": list(_of_talk(said, engines))}
    if punished is not None and passports is not None:
        registered = load_passports(passports, policy.quantity_reader)
        talk["punished"] = list(_of_cases(punished, ClaimEngine(policy, registered, at=AT, reader=reader)))
    rows = measured(talk)
    if as_json:
        click.echo(report_json("second_reader", rows))
    else:
        print_report("second_reader", rows, Console())


def measured(talk: Mapping[str, Sequence[_Window]]) -> list[Row]:
    """A row for each talk and way, in turn."""
    config = config_of(load_settings())
    return [_row(name, way, windows, ask, config) for name, windows in talk.items() for way, ask in _ways(config)]


def _judged_by(semantic: str) -> tuple[Policy, Reader | None]:
    reader = None if semantic == OFF else semantics_of(semantic, configs.SEMANTIC_DIR).reader
    return packaged_policy(), reader


def _of_talk(said: Sequence[Said], engines: Engines) -> Iterator[_Window]:
    for window in windows_of(said):
        engine = engines.of(window[0].category)
        yield _Window(
            said=window, passages=tuple(passages(window, "P")), engine=engine, findings=engines.findings(window)
        )


def _of_cases(path: Path, engine: ClaimEngine) -> Iterator[_Window]:
    """Each case as a window of its own, every passage of it a breach of the classes that are expected."""
    for case in read_cases(path, "punished"):
        product = engine.finder.by_id[case.product_id or ""]
        said = [
            Said(window=case.id, number=n, text=text, label="breach", classes=case.classes, category=product.category)
            for n, text in enumerate(case.utterances)
        ]
        heard = tuple(passages(said, product.id))
        conversation = engine.conversation(case.id)
        for passage in heard:
            conversation.hear(passage)
        conversation.flush()
        yield _Window(said=said, passages=heard, engine=engine, findings=conversation.findings)


def _ways(config: SecondReaderConfig) -> Iterator[tuple[str, Way | None]]:
    yield "without", None
    if config.is_on:
        listener = Listener(open_model(config), config, _Memory())
        yield config.name, lambda question, said: listener.ask(question, said.window)
    yield "oracle", _oracle


def _oracle(question: Question, said: Said) -> SecondReadingResult:
    """The two readers' label of the passage, in the class that they named if it is proposed."""
    named = next((class_id for class_id in question.classes if class_id in said.classes), question.classes[0])
    answer = Opinion(
        model="oracle", answer=said.label, class_id=named, reading=0, words=(question.readings[0],), reason="…"
    )
    return SecondReadingResult(outcome=Outcome.ANSWERED, opinion=answer, calls=1)


def _row(talk: str, name: str, windows: Sequence[_Window], way: Way | None, config: SecondReaderConfig) -> Row:
    flags: list[Flag] = []
    heard: list[SecondReadingResult] = []
    start_s = time.monotonic()
    for window in windows:
        by_id = {f"{one.window}.{one.number}": one for one in window.said}
        for finding in window.findings:
            after = finding if way is None else _read(finding, window, by_id, way, config, heard)
            if after.disposition is Disposition.FLAG:
                flags.append(flag_of(after, by_id))
    said = [one for window in windows for one in window.said]
    worth, took, calls = score(said, flags), hours(said), sum(one.calls for one in heard)
    tokens = sum(one.tokens_in + one.tokens_out for one in heard)
    return {
        "talk": talk,
        "way": name,
        "hours": round(took, 2),
        "recall": round(worth.recall, 3),
        "right class": round(worth.recall_right_class, 3),
        "precision": round(worth.precision, 3),
        "false an hour": round(worth.false_per_hour, 1),
        "calls an hour": round(calls / took, 1),
        "no opinion": sum(one.opinion is None for one in heard),
        "tokens a call": round(tokens / calls) if calls else None,
        "s a call": round((time.monotonic() - start_s) / calls, 2) if calls and name != "oracle" else None,
    }


def _read(
    finding: Finding,
    window: _Window,
    by_id: Mapping[str, Said],
    way: Way,
    config: SecondReaderConfig,
    heard: list[SecondReadingResult],
) -> Finding:
    policy = window.engine.policy
    if not is_doubtful(finding, config.doubt, policy):
        return finding
    material = Material(
        finding=finding,
        passages=window.passages,
        passport=window.engine.finder.by_id.get(finding.product_id or ""),
        day=day_of(AT),
        sends=config.sends,
    )
    asked = question(material, policy)
    if asked is None:
        return finding
    answer = way(asked, flag_of(finding, by_id).at)
    heard.append(answer)
    if answer.opinion is None:
        return finding
    made = merged(material, asked, answer.opinion, CaseHold.FREE, policy)
    return made.finding if made.heir is None else made.heir
