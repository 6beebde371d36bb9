"""`zhenyan check`: passages in, findings out; text only, no models of speech or sight."""

import sys
from datetime import datetime
from pathlib import Path

import click

from claims.conversation import ClaimEngine, Conversation
from claims.types import Finding, Passage
from cli.common import Moment, chosen_passports, load_policy, now, read_facts, read_passages, write_finding


@click.command(name="check")
@click.option("--passports", "passports_file", type=click.Path(path_type=Path), required=True, help="Product passports, YAML or JSON.")
@click.option("--products", help="Ids of the products on sale, by link number, separated by commas; all if left out.")
@click.option("--facts", "facts_file", type=click.Path(path_type=Path), help="Platform facts, JSONL.")
@click.option("--at", "at", type=Moment(), help="When the broadcast took place (ISO 8601); default now.")
@click.option("--policy", "policy_dir", type=click.Path(path_type=Path), help="A policy folder; default the packaged one.")
@click.option("--all", "show_all", is_flag=True, help="Also print verdicts that are no findings.")
def command(
    passports_file: Path, products: str | None, facts_file: Path | None, at: datetime | None, policy_dir: Path | None, show_all: bool
) -> None:
    """Check JSONL passages from standard input; findings go to standard output as JSONL.

    \b
    A passage: {"stream_id":"s1","id":"u1","channel":"speech","start_ms":0,"end_ms":2000,"text":"…"}
    Passages of one stream_id are one conversation, in order.
    """
    policy = load_policy(policy_dir)
    passports = chosen_passports(policy, passports_file, products)
    facts = read_facts(facts_file)
    engine = ClaimEngine(policy, passports, at=at or now())
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    passages: list[Passage] = list(read_passages(sys.stdin, "standard input"))
    conversations: dict[str, Conversation] = {}
    for passage in passages:
        conversation = conversations.get(passage.stream_id)
        if conversation is None:
            conversation = conversations[passage.stream_id] = engine.conversation(passage.stream_id, facts)
        conversation.hear(passage)
    for conversation in conversations.values():
        conversation.flush()
        for finding in _shown(conversation, show_all):
            write_finding(finding)


def _shown(conversation: Conversation, show_all: bool) -> list[Finding]:
    if not show_all:
        return conversation.findings
    others = [finding for _, finding in conversation.judged if finding.disposition == "none"]
    return sorted([*conversation.findings, *others], key=lambda f: (f.start_ms, f.end_ms, f.finding_id))
