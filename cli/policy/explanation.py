"""An explanation of one sentence, for a person as tables and for a machine as JSON."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from claims.engine.explain import Explanation, ScoredClaim
from claims.engine.extract import Recognised
from claims.engine.window import Window
from claims.text.units import plain


def explanation_json(explanation: Explanation) -> dict[str, object]:
    """The steps as JSON values; positions are half-open ranges of the folded text."""
    window, choice = explanation.window, explanation.choice
    return {
        "text": explanation.passage.text,
        "folded": window.text,
        "product": {
            "id": choice.passport.id if choice.passport else None,
            "reason": choice.reason,
            "sure": choice.sure,
        },
        "numbers": [
            {"heard": window.text[n.start : n.end], "low": plain(n.low), "high": plain(n.high), "kind": n.kind}
            for n in window.numbers
        ],
        "quantities": [
            {"heard": window.text[q.start : q.end], "low": plain(q.low), "high": plain(q.high), "unit": q.unit}
            | {"dimension": q.dimension, "kind": q.kind}
            for q in window.quantities
        ],
        "concepts": [
            {"concept": concept, "heard": heard, "meant": meant, "start": start, "end": end}
            for concept, heard, meant, start, end in _concepts(window)
        ],
        "rules": [
            {
                "rule": one.candidate.rule.name,
                "heard": window.text[one.candidate.start : one.candidate.end],
                "pattern": one.candidate.match.pattern.source,
                "slots": [{"concept": name, "heard": heard} for name, heard in _slots(one, window)],
                "dropped": one.dropped,
            }
            for one in explanation.recognised
        ],
        "claims": [
            {"why": one.judged.judgement.why, "stands": one.stands, "finding": one.finding.to_json()}
            for one in explanation.scored
        ],
    }


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Prints the steps in the order in which they happen."""
    window, choice = explanation.window, explanation.choice

    def say(step: str, text: str) -> None:
        console.print(f"[bold]{step}[/bold]  {escape(text)}", highlight=False, soft_wrap=True)

    say("heard", explanation.passage.text)
    say("folded", window.text)
    say("with values", explanation.with_values)
    product = f"{choice.passport.id} {choice.passport.name} ({choice.passport.category})" if choice.passport else "none"
    say("product", f"{product}: {choice.reason}{'' if choice.sure else ', not sure'}")
    if window.numbers:
        console.print(_numbers_table(window))
    concepts = _concepts(window)
    if concepts:
        console.print(_concepts_table(concepts))
    if explanation.recognised:
        console.print(_rules_table(explanation))
    if not explanation.scored:
        say("result", "no claim")
    for one in explanation.scored:
        _print_claim(one, console)


def _concepts(window: Window) -> list[tuple[str, str, str, int, int]]:
    """Concept, words, word meant, place; without context cues' and rules' own literals."""
    found = {
        (concept, window.text[h.start : h.end], h.entry.word, h.start, h.end)
        for h in window.hits
        for concept in h.entry.concepts
        if not concept.startswith("=")
    }
    return sorted(found, key=lambda c: (c[3], c[4], c[0]))


def _slots(one: Recognised, window: Window) -> list[tuple[str, str]]:
    return [(s.concept.lstrip("="), window.text[s.start : s.end]) for s in one.candidate.match.slots]


def _numbers_table(window: Window) -> Table:
    table = Table("heard", "means", "kind", title="numbers and quantities")
    for quantity in window.quantities:
        value = _range(plain(quantity.low), plain(quantity.high))
        table.add_row(escape(window.text[quantity.start : quantity.end]), f"{value} {quantity.unit}", quantity.kind)
    for number in window.numbers:
        if not any(q.start <= number.start < q.end for q in window.quantities):
            value = _range(plain(number.low), plain(number.high))
            table.add_row(escape(window.text[number.start : number.end]), value, number.kind)
    return table


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _concepts_table(concepts: list[tuple[str, str, str, int, int]]) -> Table:
    table = Table("words", "concepts", "at", title="concepts located")
    places: dict[tuple[int, int], tuple[str, list[str]]] = {}
    for concept, heard, meant, start, end in concepts:
        words = heard if heard == meant else f"{heard} → {meant}"
        places.setdefault((start, end), (words, []))[1].append(concept)
    for (start, end), (words, names) in places.items():
        table.add_row(escape(words), ", ".join(dict.fromkeys(names)), f"{start}–{end}")
    return table


def _rules_table(explanation: Explanation) -> Table:
    table = Table("rule", "words", "slots", "then", title="rules that matched")
    for one in explanation.recognised:
        candidate = one.candidate
        slots = ", ".join(
            name if name == heard else f"{name}={heard}" for name, heard in _slots(one, explanation.window)
        )
        words = explanation.window.text[candidate.start : candidate.end]
        table.add_row(candidate.rule.name, escape(words), escape(slots), escape(one.dropped or "judged"))
    return table


def _print_claim(one: ScoredClaim, console: Console) -> None:
    finding, judgement = one.finding, one.judged.judgement
    outcome = f"{finding.verdict}, {finding.disposition}" if one.stands else "a better claim took its place"
    heading = f"\n[bold]claim[/bold]  {escape(finding.quote)}: {finding.rule} → {outcome}"
    console.print(heading, highlight=False, soft_wrap=True)
    if not one.stands:
        return
    table = Table("step", "what", "", show_header=False)
    table.add_row("judgement", judgement.verdict.value, escape(judgement.why))
    table.add_row("claimed", escape(finding.claimed), "")
    if finding.registered is not None:
        table.add_row("registered", escape(finding.registered), finding.passport_path or "")
    for trial in finding.exemptions:
        table.add_row("exemption", trial.id, escape(f"{'applies' if trial.applies else 'no'}: {trial.why}"))
    for step in finding.score_steps:
        table.add_row("score", f"{step.value:g}", escape(step.step))
    status = "text read" if finding.law_status == "read" else "known from notices"
    table.add_row("law", "; ".join(finding.law), status)
    console.print(table)
