"""Writes `docs/law`: the table of what is cited, a page a class for a lawyer to check, and what a lawyer is asked.

    python scripts/write_law.py [--check]

`--check`: writes nothing, and fails where what is there is not what would be written.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import configs  # noqa: E402
from claims.engine.conversation import ClaimEngine  # noqa: E402
from claims.engine.examples import AT, example_engine, findings_of  # noqa: E402
from claims.law.texts import day_of  # noqa: E402
from claims.policy.detectors import Example  # noqa: E402
from claims.policy.law_table import LawRow, goods_in_law, law_rows  # noqa: E402
from claims.policy.packaged import packaged_policy  # noqa: E402
from claims.policy.policy import Policy  # noqa: E402
from claims.policy.yaml_files import parse_yaml  # noqa: E402
from claims.types import Disposition, Finding  # noqa: E402
from review.enforcement.legal_reference import LegalReference  # noqa: E402
from review.enforcement.notice_specimens import specimen  # noqa: E402
from review.enforcement.penalty_table import read_measures  # noqa: E402

OUT = ROOT / "docs" / "law"
QUESTIONS = configs.ROOT / "laws" / "questions.yaml"
ON = day_of(AT)
_NOTICES, _MISSES, _HITS = 2, 2, 1
_WRITTEN = "<!-- written by scripts/write_law.py: change the policy or the laws, and run it -->\n"


def pages(policy: Policy) -> dict[str, str]:
    """Every page by its name."""
    rows, questions = law_rows(policy, ON), parse_yaml(QUESTIONS.read_bytes())["questions"]
    engine = example_engine(policy)
    found = {"index.md": _index(policy, rows), "questions.md": _questions(questions)}
    for class_id in sorted(policy.class_files):
        own = [row for row in rows if row.class_id == class_id]
        asked = [q for q in questions if class_id in q["classes"]]
        found[f"{class_id}.md"] = _class_page(class_id, own, asked, engine)
    return found


def _index(policy: Policy, rows: Sequence[LawRow]) -> str:
    lines = [
        _WRITTEN,
        "# The law behind findings",
        "",
        f"What findings of policy {policy.name} cite on {ON}, by detector, kind of goods and what came of it "
        "(`zhenyan policy law --table`). Each class has a page with texts and specimens of notices; "
        "[what a lawyer is asked](questions.md) stands by itself. A finding proposes, people decide.",
        "",
        "| class | detectors | goods | came of it | articles | texts |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        status = "read" if row.law.status == "read" else "**not all read**"
        cells = (
            f"[{row.class_id}]({row.class_id}.md)",
            ", ".join(row.detectors),
            _goods(row, policy),
            row.verdict or "",
            "<br>".join(policy.laws.formal(cited, on=ON) for cited in row.law.cite),
            status,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _goods(row: LawRow, policy: Policy) -> str:
    names = [goods.rstrip("/") for goods in row.goods]
    return "all" if len(names) == len(goods_in_law(policy)) else ", ".join(names)


def _questions(questions: Sequence[dict[str, object]]) -> str:
    lines = [_WRITTEN, "# What a lawyer is asked", ""]
    for number, question in enumerate(questions, 1):
        classes = question["classes"]
        assert isinstance(classes, list)
        about = ", ".join(f"[{c}]({c}.md)" for c in classes) or "all"
        lines += [f"{number}. ({about}) {question['zh']}", "", f"   {question['en']}", ""]
    return "\n".join(lines)


def _class_page(class_id: str, rows: Sequence[LawRow], asked: Sequence[dict[str, object]], engine: ClaimEngine) -> str:
    policy = engine.policy
    info, file = policy.classes[class_id], policy.class_files[class_id]
    lines = [_WRITTEN, f"# {class_id} {info.name_zh} · {info.name_en}", "", info.definition, ""]
    lines += ["## What counts", ""]
    for rule in file.rules:
        examples = policy.examples.get(f"{class_id}.{rule.id}")
        hits = "".join(f"「{hit.say}」" for hit in examples.hits[:_HITS]) if examples else ""
        lines.append(f"- `{rule.id}`: {rule.description} {hits}".rstrip())
    if not file.rules:
        lines.append("- what a registered value contradicts, without a rule of words")
    lines += ["", "## What doesn't", ""]
    for rule in file.rules:
        examples = policy.examples.get(f"{class_id}.{rule.id}")
        if examples:
            misses = "".join(f"「{miss.say}」" for miss in examples.near_misses[:_MISSES])
            lines.append(f"- `{rule.id}`: {misses}")
    names = [n for n in file.exemptions if n in policy.exemptions]
    lines += [f"- {policy.exemptions[name].zh}: {policy.exemptions[name].why}" for name in names]
    lines += ["", "Denied, quoted to be refuted, asked and answered no, put right on the spot: none of it counts.", ""]
    lines += ["## What is cited", "", "| detectors | goods | came of it | articles |", "|---|---|---|---|"]
    for row in rows:
        cited = "<br>".join(policy.laws.formal(one, on=ON) for one in row.law.cite)
        lines.append(f"| {', '.join(row.detectors)} | {_goods(row, policy)} | {row.verdict or ''} | {cited} |")
    lines += ["", "## The articles", ""]
    for cited in dict.fromkeys(one for row in rows for one in row.law.cite):
        lines += _article(cited, policy)
    lines += ["## Specimens of notices", ""]
    lines += [f"> {line}\n" for line in _specimens(class_id, engine)] or ["None: no article reaches a notice.", ""]
    if asked:
        lines += ["## Doubtful", ""]
        lines += [f"- {question['zh']}\n  {question['en']}" for question in asked]
    return "\n".join(lines).rstrip() + "\n"


def _article(cited: str, policy: Policy) -> list[str]:
    article = policy.laws.article(cited, ON)
    if article is None:
        return [f"**{cited}**: no article of law; no notice rests on it.", ""]
    note = "" if policy.laws.is_verified(cited, ON) else " (read in one copy: no notice rests on it)"
    head = f"**{policy.laws.formal(cited, on=ON)}**, {article.title}, {article.version}{note}"
    return [head, "", *(f"> {line}" for line in article.meant.splitlines()), ""]


def _specimens(class_id: str, engine: ClaimEngine) -> Iterator[str]:
    """What notices would say of one finding each, about goods of different kinds."""
    policy, kinds = engine.policy, set[str]()
    table = read_measures(configs.ROOT / "enforcement")
    info = policy.classes[class_id]
    reference = LegalReference(classes={class_id: (info.name_zh, info.name_en)}, laws=policy.laws)
    for finding in _findings(class_id, engine):
        assert finding.product_id is not None
        passport = engine.finder.by_id[finding.product_id]
        kind = passport.category.partition("/")[0]
        notice = specimen(finding, passport.name, passport.category, table, reference, int(AT.timestamp() * 1000))
        if kind in kinds or notice is None:
            continue
        kinds.add(kind)
        yield notice
        if len(kinds) == _NOTICES:
            return


def _findings(class_id: str, engine: ClaimEngine) -> Iterator[Finding]:
    """Flagged findings of the class: of its examples, and of what they say when it is said of other goods."""
    examples = [e for name, one in engine.policy.examples.items() if name.startswith(f"{class_id}.") for e in one.hits]
    others = [Example(product=goods, say=e.say, facts=e.facts) for e in examples for goods in engine.finder.by_id]
    for example in (*examples, *others):
        for finding in findings_of(engine, example):
            if finding.class_id == class_id and finding.disposition is Disposition.FLAG and finding.product_id:
                yield finding


def main() -> int:
    """Writes the pages, or says which of them are not as they would be written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    wanted = pages(packaged_policy())
    if options.check:
        there = {path.name: path.read_text(encoding="utf-8") for path in OUT.glob("*.md")}
        stale = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
        print("\n".join(f"docs/law/{name} is not as the policy has it" for name in stale))
        return 1 if stale else 0
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (OUT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
