"""`zhenyan learn`: what people decided, learnt by the reader over the shipped base, as a candidate policy."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from claims.classifier.fit.examples import LabelledPassage, labels_as_lines, read_labels
from claims.classifier.fit.learning import Learnt
from claims.classifier.learnt import Pointing
from claims.classifier.learnt_file import EVERYBODY, OWN
from claims.policy.packaged import policy_at
from cli.config.reader import open_reader_of
from cli.config.settings import Settings, load_settings
from cli.shell.file_modes import create
from cli.shell.options import config_option
from cli.shell.records import InputError
from cli.shell.tables import open_console
from net.errors import ZhenyanError
from review.learning.fitting import fit_passages, learn_from_decisions, learns, write_candidate
from review.learning.store import LearningStore
from review.learning.types import Fit
from review.policies.repository import PolicyStore
from review.stores import Stores


class NotLearnt(ZhenyanError):
    """What there is to learn from makes the reader no better; more decisions may."""

    exit_code = 1


@click.command(name="learn")
@click.option(
    "--labels",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Labelled passages from elsewhere, JSON lines; learnt from besides the decisions (repeatable).",
)
@click.option("--tenant", metavar="ID", default=OWN, show_default=True, help="Whose decisions, and for whom.")
@click.option("--everybody", is_flag=True, help="From all customers for all; needs learning_across_tenants.")
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the candidate there, from --labels alone, and keep nothing.",
)
@click.option(
    "--export",
    "export_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead: write the decisions in the form of --labels.",
)
@click.option("--forget", "host", metavar="HOST", help="Instead: leave this host out of every later fit.")
@click.option("--shadow", "digest", metavar="HASH", help="Instead: have this candidate read beside what is in force.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@config_option
def command(
    files: tuple[Path, ...],
    tenant: str,
    everybody: bool,
    folder: Path | None,
    export_file: Path | None,
    host: str | None,
    digest: str | None,
    as_json: bool,
    config_file: Path | None,
) -> None:
    """Fit the reader's gate and calibration on this installation's own decisions, over the shipped base.

    Compared with what is in force on the newest fifth of the decisions, and refused where it is no better (exit status
    1). What comes of it is a candidate policy with a model card: replay it, have it read in shadow, and let two people
    put it in force at /replays. Nothing of one customer is learnt for another.

    \b
    Examples:
      zhenyan learn
      zhenyan learn --labels ours.jsonl
      zhenyan learn --export decisions.jsonl
      zhenyan learn --shadow 1a2b3c4d5e6f
      zhenyan learn --forget host-7
    """
    settings = load_settings(config_file)
    if sum(given is not None for given in (folder, export_file, host, digest)) > 1:
        raise click.UsageError("give one of --to, --export, --forget and --shadow")
    if everybody and not settings.learning_across_tenants:
        raise InputError(
            "--everybody: the setting learning_across_tenants is false: no customer's talk enters another's"
        )
    whose = EVERYBODY if everybody else tenant
    labels = [passage for file in files for passage in read_labels(file)]
    if folder is not None:
        _write(settings, labels, whose, folder, as_json=as_json)
        return
    with _stores(settings) as stores:
        if export_file is not None:
            _export(stores.learning, whose, export_file)
        elif host is not None:
            _forget(stores.learning, host)
        elif digest is not None:
            _shadow(stores.learning, stores.policies, settings, digest)
        else:
            policy, reader = policy_at(settings.policy_folder), _reader(settings)
            fit = learn_from_decisions(
                stores.learning, stores.policies, policy, reader, tenant_id=whose, more=labels, by="cli"
            )
            _print_card(fit.card, as_json=as_json, digest=fit.digest)
            _refuse(fit)


def _write(settings: Settings, labels: list[LabelledPassage], tenant: str, folder: Path, *, as_json: bool) -> None:
    if not labels:
        raise click.UsageError("--to: needs --labels FILE; decisions are learnt from without --to")
    if folder.exists():
        raise InputError(f"--to {folder}: is there already; name a folder that is not")
    policy = policy_at(settings.policy_folder)
    learnt = fit_passages(labels, Counter(), policy, _reader(settings), tenant)
    _print_card(learnt.card, as_json=as_json, digest=None)
    _refuse(learnt)
    assert learnt.file is not None
    write_candidate(policy, learnt.file, folder)
    click.echo(f"zhenyan: the candidate lies in {folder}; replay it: zhenyan replay --policy {folder}", err=True)


def _export(learning: LearningStore, tenant: str, file: Path) -> None:
    decided = learning.decided(None if tenant == EVERYBODY else tenant)
    with create(file) as out:
        out.writelines(f"{line}\n" for line in labels_as_lines(decided.passages))
    skipped = "; ".join(f"{count} {why}" for why, count in sorted(decided.left_out.items()))
    click.echo(
        f"zhenyan: {len(decided.passages)} decided passages written{f'; left out: {skipped}' if skipped else ''}"
    )


def _forget(learning: LearningStore, host: str) -> None:
    held = learning.forget(host, "cli")
    click.echo(f"zhenyan: nothing is learnt from host {host} any more; {held} earlier fits hold their talk: fit anew")


def _shadow(learning: LearningStore, policies: PolicyStore, settings: Settings, digest: str) -> None:
    found = [version for version in policies.versions() if version.digest.startswith(digest)]
    if len(found) != 1:
        known = ", ".join(version.digest[:12] for version in policies.versions()) or "none"
        raise InputError(f"--shadow {digest}: names {len(found)} policies that were handed in; known: {known}")
    live = policy_at(settings.policy_folder)
    learning.begin_shadow(found[0].digest, live.digest, "cli")
    click.echo(f"zhenyan: {found[0].name} reads in shadow from now on; its differences are at /learning")


def _reader(settings: Settings) -> Pointing:
    reader = open_reader_of(settings)
    if reader is None or not learns(reader):
        raise InputError(f"setting semantic: {settings.semantic}: no reader is opened whose gate could learn")
    return reader


@contextmanager
def _stores(settings: Settings) -> Iterator[Stores]:
    if not settings.database_url and not settings.data_dir.is_dir():
        raise InputError(f"setting data_dir: folder {settings.data_dir} does not exist: nothing is decided there")
    stores = Stores.open(settings.store_url)
    try:
        yield stores
    finally:
        stores.close()


def _print_card(card: Any, *, as_json: bool, digest: str | None) -> None:
    if as_json:
        click.echo(json.dumps({"digest": digest, "card": card}, ensure_ascii=False))
        return
    console = open_console()
    console.print(
        f"{card['passages']} passages of {card['hosts']} hosts ({card['breach']} breaches, {card['lawful']} lawful, "
        f"{card['unsure']} unsure; {card['spot_checks']} by spot checks), data {card['data_sha256'][:12]}",
        highlight=False,
    )
    for why, count in card["left_out"].items():
        console.print(f"left out: {count}, {why}", highlight=False)
    if "compared" in card:
        _print_compared(card["compared"], console)
    if digest is not None:
        click.echo(f"zhenyan: the candidate is kept as {digest[:12]}; replay it and propose it at /replays", err=True)


def _print_compared(compared: Any, console: Console) -> None:
    recall = compared["in_force"]["recall"]
    table = Table("newest decisions", "loss", "average precision", f"precision at recall {recall:g}")
    for name, key in (("in force", "in_force"), ("learnt", "learnt")):
        figures = compared[key]
        table.add_row(name, *(f"{figures[column]:.3f}" for column in ("loss", "ranked", "precision_at")))
    console.print(table)


def _refuse(learnt: Learnt | Fit) -> None:
    if learnt.refused is not None:
        raise NotLearnt(f"learning: refused: {learnt.refused}")
