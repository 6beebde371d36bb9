"""`zhenyan policy`: validate a policy's files, show its classes, explain how a sentence is understood."""

import json
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from claims.engine.conversation import ClaimEngine
from claims.engine.examples import failed_examples, without_examples
from claims.engine.explain import explain
from claims.errors import PolicyError, UnknownProduct
from claims.passports.passport import Passport
from claims.policy.detectors import EXAMPLES
from claims.policy.packaged import policy_at
from claims.policy.policy import Policy
from claims.types import Passage
from cli.config.reader import open_reader_of
from cli.config.reading_again import config_of
from cli.config.settings import load_settings
from cli.policy.explanation import explanation_json, print_explanation
from cli.policy.law import law
from cli.policy.migration import migrate_policy
from cli.policy.second_reader import print_questions, question_json, questions
from cli.shell.options import at_option, config_option, policy_option
from cli.shell.records import InputError, check_class, now, read_passports_file
from cli.shell.tables import open_console
from net.errors import ZhenyanError

# How many examples that don't hold are told.
_FAILED_TOLD = 5


class InvalidPolicy(ZhenyanError):
    """The policy that was to be validated is wrong; its author can act."""

    exit_code = 1


@click.group(name="policy", no_args_is_help=False)
def command() -> None:
    """Validate a policy's files, show its classes, or explain how a sentence is understood.

    \b
    Examples:
      zhenyan policy validate my-policy/
      zhenyan policy show ORIGIN
      zhenyan policy explain "原价五百九十九" --product P-1 --passports passports.yaml
    """


@command.command(name="validate")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def validate(folder: Path | None, as_json: bool) -> None:
    """Check every file of a policy folder; the packaged policy if DIR is left out.

    Prints id, version, a digest over all files, and counts. A wrong file gives one line with file, line and reason,
    and exit status 1; so does an example of a detector that does not hold.
    """
    try:
        policy = policy_at(folder)
        failed = list(failed_examples(policy))
    except PolicyError as error:
        raise InvalidPolicy(str(error)) from error
    if failed:
        failures = "; ".join(f"{f.kind} of {f.detector}: {f.say}: {f.why}" for f in failed[:_FAILED_TOLD])
        more = f"; and {len(failed) - _FAILED_TOLD} more" if len(failed) > _FAILED_TOLD else ""
        raise InvalidPolicy(f"{policy.folder / EXAMPLES}: {failures}{more}")
    counts = {
        "classes": len(policy.classes),
        "rules": len(policy.rules),
        "patterns": sum(len(r.patterns) for r in policy.rules),
        "near_misses": len({(r.class_id, p.source) for r in policy.rules for p in r.unless}),
        "words": len({e.word for e in policy.lexicon.entries}),
        "exemptions": len(policy.exemptions),
        "certificates": len(policy.certificates),
        "examples": sum(len(e.hits) + len(e.near_misses) for e in policy.examples.values()),
        "without_examples": len(without_examples(policy)),
    }
    if as_json:
        record = {"id": policy.settings.id, "version": policy.settings.version, "digest": policy.digest, **counts}
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"policy {policy.settings.id} version {policy.settings.version}\nsha256 {policy.digest}")
    click.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


@command.command(name="migrate")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("out_dir", metavar="OUT_DIR", type=click.Path(path_type=Path))
def migrate(folder: Path, out_dir: Path) -> None:
    """Bring the policy of DIR, of an older form, over to today's, in OUT_DIR; DIR stays as it is.

    \b
    Example:
      zhenyan policy migrate my-policy/ my-policy-new/
    """
    policy = migrate_policy(folder, out_dir)
    click.echo(f"policy {policy.name} written to {out_dir}; `zhenyan replay --policy {out_dir}` tells what it changes")


command.add_command(law)


@command.command(name="show")
@click.argument("class_id", metavar="[CLASS]", required=False)
@policy_option
def show(class_id: str | None, policy_dir: Path | None) -> None:
    """Show all classes of claims, or one CLASS with its law, rules, near misses and exemptions."""
    policy = policy_at(policy_dir)
    if class_id is None:
        open_console(markup=True).print(_classes_table(policy))
        return
    check_class(class_id, policy)
    _print_class(policy, class_id, open_console(markup=True))


@command.command(name="propose")
@click.argument("out_dir", metavar="OUT_DIR", type=click.Path(path_type=Path))
@policy_option
@config_option
def propose(out_dir: Path, policy_dir: Path | None, config_file: Path | None) -> None:
    """Write a candidate policy to OUT_DIR: the policy in force, and the words that reviewers proposed at the desk.

    Proposed words stand in a lexicon file of their own, under shadow rules: what they find is noted and never
    flagged. A code word is proposed with its meaning (心灵小屋=眼睛) and, as a near miss, lawful words that hold it;
    it ends in a year. Near misses become exceptions of the rule that was wrong. Replay the candidate before anybody
    adopts it.

    \b
    Example:
      zhenyan policy propose candidate/
    """
    from cli.policy.candidate import propose_to
    from review.stores import Stores

    settings = load_settings(config_file)
    live = policy_at(policy_dir or settings.policy_folder)
    stores = Stores.open(settings.store_url)
    try:
        proposals = stores.analytics.proposals()
    finally:
        stores.close()
    propose_to(live, proposals, out_dir)


@command.command(name="measure")
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--passports", "passports_file", metavar="FILE", type=click.Path(path_type=Path), help="Of the cases.")
@click.option("--liveamr", metavar="GIT_DIR", type=click.Path(path_type=Path), help="Labelled talk of rooms, fetched.")
@policy_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a detector.")
def measure(
    files: tuple[Path, ...],
    passports_file: Path | None,
    liveamr: Path | None,
    policy_dir: Path | None,
    as_json: bool,
) -> None:
    """Print for each detector its hits on labelled talk, true and false, and what is lost without it.

    FILE holds windows (window, goods, passages with text, label and classes) or cases (case, utterances, product_id,
    expected), one a line; the goods of cases are registered in --passports. With --liveamr, the labelled windows of
    that repository are measured too, by labels that come with the benchmarks. Rules and records judge alone.

    \b
    Example:
      zhenyan policy measure cases.jsonl --passports passports.yaml
    """
    from cli.policy.measurement import Measure, labelled, labelled_rooms

    if not files and liveamr is None:
        raise InputError("policy measure: needs a FILE of labelled talk, or --liveamr GIT_DIR")
    policy = policy_at(policy_dir)
    measured = Measure(policy)
    for file in files:
        talk = labelled(file)
        if isinstance(talk, list):
            measured.add_talk(talk)
        elif passports_file is None:
            raise InputError(f"{file}: holds cases, which need --passports FILE, in which their goods are registered")
        else:
            measured.add_cases(talk, read_passports_file(policy, passports_file))
    if liveamr is not None:
        measured.add_talk(labelled_rooms(liveamr))
    rows = measured.rows()
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    else:
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        open_console(markup=True).print(table)


def _classes_table(policy: Policy) -> Table:
    table = Table("class", "what", "decided by", "severity", "rules", "law", title=policy.name)
    for info in policy.classes.values():
        file = policy.class_files.get(info.id)
        law = "; ".join(dict.fromkeys(cite for ref in file.law for cite in ref.cite)) if file else ""
        rules = str(len(file.rules)) if file else "none"
        table.add_row(info.id, info.name_zh, info.decision_mode, info.severity, rules, law)
    return table


def _print_class(policy: Policy, class_id: str, console: Console) -> None:
    info, file = policy.classes[class_id], policy.class_files.get(class_id)
    console.print(f"[bold]{info.id}[/bold] {info.name_zh} · {info.name_en}", highlight=False)
    console.print(f"{info.definition}\ndecided by {info.decision_mode}; severity {info.severity}", highlight=False)
    if file is None:
        console.print("no recognisers: nothing is found of this class")
        return
    for ref in file.law:
        about = "; ".join(part for part in (ref.category, ", ".join(ref.detectors), ", ".join(ref.verdicts)) if part)
        read = "text read" if all(policy.laws.is_read(cited) for cited in ref.cite) else "not all texts read"
        console.print(f"law for {about}: {'; '.join(ref.cite)} ({read})", highlight=False, markup=False)
    console.print(f"advice: {file.advice}", highlight=False, markup=False)
    rules = Table("rule", "score", "judge", "patterns", "near misses", title="rules", show_lines=True)
    for rule in file.rules:
        name = f"{rule.id} (shadow)" if rule.shadow else rule.id
        near_misses = (*rule.unless, *(p for shared in rule.excluded_by for p in file.exclusions[shared]))
        rules.add_row(name, str(rule.score), rule.judge or file.judge, _lines(rule.patterns), _lines(near_misses))
    if file.rules:
        console.print(rules)
    exemptions = Table("exemption", "why it makes the claim lawful", title="exemptions tried")
    always = [r.id for r in policy.context.exemptions if r.always and r.id not in file.drop_exemptions]
    for name in dict.fromkeys((*always, *file.exemptions)):
        exemptions.add_row(name, policy.exemptions[name].why)
    console.print(exemptions)


def _lines(patterns: tuple[str, ...]) -> str:
    return "\n".join(patterns).replace("[", "\\[")


@command.command(name="explain")
@click.argument("sentence")
@click.option("--product", "product_id", metavar="ID", help="The product that is meant; worked out if left out.")
@click.option("--passports", "passports_file", metavar="FILE", type=click.Path(path_type=Path), help="Passports.")
@click.option(
    "--channel",
    type=click.Choice(["speech", "screen"]),
    default="speech",
    show_default=True,
    help="Speech is also searched by how words sound.",
)
@at_option
@policy_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="As one JSON object; a long sentence gives one a piece.")
@click.option("--prompt", "shows_prompt", is_flag=True, help="Also what a second reader is asked of what is in doubt.")
def explain_command(
    sentence: str,
    product_id: str | None,
    passports_file: Path | None,
    channel: str,
    at: datetime | None,
    policy_dir: Path | None,
    config_file: Path | None,
    as_json: bool,
    shows_prompt: bool,
) -> None:
    """Print how SENTENCE alone is understood, step by step.

    Folded text, product and why, numbers, concepts, each rule that matched with what filled its slots, near misses,
    and for each claim the exemptions tried, the judgement, the steps of the score and the disposition. It is judged by
    the engine that judges broadcasts, the reader of the setting `semantic` included. With --prompt, each claim between
    the bars of the setting `second_reader` is followed by the very messages that a language model would be sent.
    """
    settings = load_settings(config_file)
    policy = policy_at(policy_dir or settings.policy_folder)
    passports: tuple[Passport, ...] = ()
    if passports_file is not None:
        passports = read_passports_file(policy, passports_file)
    if product_id is not None and passports_file is None:
        raise InputError(f"--product {product_id}: needs --passports FILE, in which the product is registered")
    if product_id is not None and product_id not in {p.id for p in passports}:
        raise UnknownProduct(product_id)
    passage = Passage.model_validate(
        {"stream_id": "s1", "id": "u1", "start_ms": 0, "end_ms": 0, "text": sentence}
        | {"channel": channel, "product_id": product_id}
    )
    engine = ClaimEngine(policy, passports, at=at or now(), reader=open_reader_of(settings))
    for explanation in explain(passage, engine):
        asked = [one for one in questions(explanation, engine, config_of(settings)) if shows_prompt]
        if as_json:
            prompts = {"second_reader": [question_json(one) for one in asked]} if shows_prompt else {}
            click.echo(json.dumps(explanation_json(explanation) | prompts, ensure_ascii=False))
        else:
            print_explanation(explanation, open_console(markup=True))
            print_questions(asked, open_console())
