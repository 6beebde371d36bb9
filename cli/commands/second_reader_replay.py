"""`zhenyan replay --second-reader`: what is stored with and without a second reader, or by two models."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import click
from rich.console import Console
from rich.table import Table

from claims.policy.packaged import policy_at
from cli.config.reading_again import config_of
from cli.config.settings import Settings
from cli.shell.records import InputError
from cluster.second_reader.comparing import Comparison, Way, as_found, asking, compare
from cluster.second_reader.gathering import Gatherer
from cluster.second_reader.listening import Listener
from cluster.second_reader.opening import open_model
from review.replays.types import Scope
from review.second_reader.store import SecondReaderStore
from review.stores import Stores
from review.stream_store.queries import StreamQueries

OFF = "off"
_SHOWN = 20


def compare_readers(settings: Settings, scope: Scope, ways: tuple[str, ...], *, as_json: bool) -> None:
    """Prints what the second way makes of what the first finds; one alone is held against none."""
    first, second = (OFF, *ways) if len(ways) == 1 else ways
    policy = policy_at(settings.policy_folder)
    if policy.second_reader is None:
        raise InputError(f"policy {policy.name}: has no second_reader.yaml, so that nothing can be asked by it")
    stores = Stores.open(settings.store_url)
    try:
        with ExitStack() as opened:
            sides = tuple(
                (name, opened.enter_context(_way(name, settings, stores.streams, stores.second_reader)))
                for name in (first, second)
            )
            comparison = compare(
                stores.second_reader,
                stores.replays.stream_ids(scope),
                config_of(settings).doubt,
                policy,
                (sides[0], sides[1]),
            )
    finally:
        stores.close()
    if as_json:
        click.echo(json.dumps(comparison.to_json(), ensure_ascii=False))
    else:
        _print(comparison, Console())


@contextmanager
def _way(name: str, settings: Settings, streams: StreamQueries, second_reader: SecondReaderStore) -> Iterator[Way]:
    """The way of this name: `off`, or a model of the endpoint or of transformers that is set."""
    if name == OFF:
        yield as_found
        return
    config = config_of(settings)
    if not config.is_on:
        raise InputError(
            f"--second-reader {name}: set second_reader.url (ZHENYAN_SECOND_READER_URL) or second_reader.transformers"
        )
    named = replace(config, model=name) if config.url else replace(config, transformers=name)
    policy = policy_at(settings.policy_folder)
    model = open_model(named)
    try:
        listener = Listener(model, named, second_reader)
        yield asking(listener, policy, Gatherer(streams, second_reader, settings.data_dir.absolute(), named.sends))
    finally:
        model.close()


def _print(comparison: Comparison, console: Console) -> None:
    console.print(
        f"{comparison.findings} findings stored, {comparison.doubtful} of them in doubt; "
        f"{comparison.decided} of those decided"
    )
    table = Table("way", "flags", "agrees with people", "calls", "tokens", "no opinion")
    for side, name in enumerate(comparison.ways):
        values = (comparison.flags, comparison.agree, comparison.calls, comparison.tokens, comparison.unanswered)
        table.add_row(name, *(str(value[side]) for value in values))
    console.print(table)
    for one in comparison.differences[:_SHOWN]:
        said = one.after.second_reading or one.before.second_reading
        reason = "" if said is None else f" ({said.answer}: {said.reason})"
        state = "" if one.state is None else f" [{one.state}]"
        moved = f"{one.before.disposition} → {one.after.disposition} {one.after.class_id}"
        line = f"{moved} {one.finding.quote}{reason}{state}"
        console.print(line, highlight=False, soft_wrap=True, markup=False)
