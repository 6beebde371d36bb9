"""`zhenyan check`: passages in, findings out; text only, no models of speech or sight."""

import sys
from datetime import datetime
from pathlib import Path

import click

from claims.engine.conversation import ClaimEngine, Conversation
from claims.policy.packaged import policy_at
from claims.types import Disposition, Finding
from cli.config.reader import open_reader_of
from cli.config.settings import load_settings
from cli.shell.loading import uncollected
from cli.shell.options import judging_options
from cli.shell.records import chosen_passports, now, read_facts, read_passages, write_finding


@click.command(name="check")
@judging_options
@click.option("--all", "show_all", is_flag=True, help="Also print verdicts that are no findings, and why.")
def command(
    passports_file: Path,
    products: str | None,
    facts_file: Path | None,
    at: datetime | None,
    policy_dir: Path | None,
    show_all: bool,
) -> None:
    """Check passages of text: JSONL on standard input, findings as JSONL on standard output.

    All input is read before the first finding is printed, so that a wrong line gives no half answer. Passages of one
    stream_id are one conversation, in order; product_id may be left out.

    \b
    Example:
      echo '{"stream_id":"s1","id":"u1","start_ms":0,"end_ms":2000,"text":"这款是全网最好的充电宝"}' |
          zhenyan check --passports passports.yaml --at 2026-11-24T20:00:00+08:00
    """
    with uncollected():
        engine = _engine(passports_file, products, at or now(), policy_dir)
        engine.policy.texts  # noqa: B018 - built with the first passage otherwise
    facts = read_facts(facts_file)
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    if sys.stdin.isatty():
        click.echo("zhenyan: type passages, one JSON object a line; Ctrl-D ends the input", err=True)
    passages = list(read_passages(sys.stdin, "standard input", engine.finder.by_id))
    engine.read_ahead(passages)
    conversations: dict[str, Conversation] = {}
    for passage in passages:
        conversation = conversations.get(passage.stream_id)
        if conversation is None:
            conversation = conversations[passage.stream_id] = engine.conversation(
                passage.stream_id, facts, keep_verdicts=show_all
            )
        conversation.hear(passage)
    for conversation in conversations.values():
        conversation.flush()
        for finding in _shown(conversation, show_all):
            write_finding(finding)


def _engine(passports_file: Path, products: str | None, at: datetime, policy_dir: Path | None) -> ClaimEngine:
    settings = load_settings()
    policy = policy_at(policy_dir or settings.policy_folder)
    passports = chosen_passports(policy, passports_file, products, at)
    return ClaimEngine(policy, passports, at=at, reader=open_reader_of(settings))


def _shown(conversation: Conversation, show_all: bool) -> list[Finding]:
    if not show_all:
        return conversation.findings
    others = [finding for _, finding in conversation.judged if finding.disposition is Disposition.NONE]
    return sorted([*conversation.findings, *others], key=lambda f: (f.start_ms, f.end_ms, f.finding_id))
