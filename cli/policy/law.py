"""`zhenyan policy law`: what the policy cites, of what and of which goods, and the articles word for word."""

import json
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from claims.policy.law_table import LawRow, law_rows
from claims.policy.packaged import policy_at
from claims.policy.policy import Policy
from cli.shell.options import policy_option
from cli.shell.records import check_class
from cli.shell.tables import open_console


@click.command(name="law")
@click.argument("class_id", metavar="[CLASS]", required=False)
@click.option("--table", "as_table", is_flag=True, help="What every detector cites, of every kind of goods.")
@click.option("--json", "as_json", is_flag=True, help="The table, one JSON object a line.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day of the broadcast, whose law holds; default the last that is known.",
)
@policy_option
def law(class_id: str | None, as_table: bool, as_json: bool, at: datetime | None, policy_dir: Path | None) -> None:
    """Show the articles that findings of CLASS, or of all classes, cite: by detector, by goods, by what came of it.

    \b
    Examples:
      zhenyan policy law --table
      zhenyan policy law AWARD_HONOR --at 2027-01-01
    """
    policy = policy_at(policy_dir)
    if class_id is not None:
        check_class(class_id, policy)
    on = None if at is None else at.date()
    rows = [row for row in law_rows(policy, on) if class_id in {None, row.class_id}]
    if as_json:
        for row in rows:
            click.echo(json.dumps(_wire(row), ensure_ascii=False))
        return
    console = open_console(markup=True)
    if as_table or class_id is None:
        console.print(_table(rows, policy))
    if class_id is not None:
        _print_articles(rows, policy, on, console)


def _wire(row: LawRow) -> dict[str, object]:
    return {
        "class": row.class_id,
        "detectors": list(row.detectors),
        "goods": list(row.goods),
        "verdict": row.verdict,
        "law": list(row.law.cite),
        "status": row.law.status,
    }


def _table(rows: list[LawRow], policy: Policy) -> Table:
    table = Table("class", "detectors", "goods", "verdict", "articles", "texts", title=policy.name, show_lines=True)
    for row in rows:
        status = "read" if row.law.status == "read" else "not all read"
        table.add_row(
            row.class_id,
            ", ".join(row.detectors),
            " ".join(row.goods),
            row.verdict or "",
            "\n".join(row.law.cite),
            status,
        )
    return table


def _print_articles(rows: list[LawRow], policy: Policy, on: date | None, console: Console) -> None:
    for cited in dict.fromkeys(cited for row in rows for cited in row.law.cite):
        article = policy.laws.article(cited, on)
        console.print(f"\n[bold]{policy.laws.formal(cited, on=on)}[/bold]", highlight=False)
        if article is None:
            console.print("its text is not among those that were read", highlight=False)
            continue
        console.print(f"{article.title}，{article.version}", highlight=False, markup=False)
        console.print(article.meant, highlight=False, markup=False)
