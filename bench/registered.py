"""What is said against what is registered: our comparison beside one that takes the nearest attribute of the same unit.

Cases of `tests/claims/registered`: for each passport as many look-alikes as contradictions. A case is found where a
flag says that a registered value contradicts it, and rightly where the flag names that value. Of the development cases,
from most of which the reader of links has learnt, what rules and records find alone is told.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import configs
from bench.cases import BROADCAST_AT
from bench.registered_cases import FOLDER, RegisteredCase, is_heard_right, read_heard, read_registered
from claims.classifier.opening import open_reader
from claims.classifier.reading import Reader
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.passports.passport import Passport, RegisteredQuantity
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.text.normalise import normalise
from claims.text.units import Quantity, find_quantities
from claims.types import Disposition, Finding, VerdictKind

Row = dict[str, object]
PARTS = ("dev", "test")
_NEAR = 0.012
_PLACES = frozenset({"origin", "origin_region"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a method says of a case: whether something is contradicted, and the path of it."""

    flags: bool
    path: str | None = None


Method = Callable[[RegisteredCase], Answer]


def our_method(engine: ClaimEngine, keep: dict[str, list[Finding]] | None = None) -> Method:
    """The claim engine; `keep` is given the flags of each case."""

    def answer_of(case: RegisteredCase) -> Answer:
        conversation = engine.conversation(case.id)
        for passage in case.passages:
            conversation.hear(passage)
        conversation.flush()
        flags = [f for f in conversation.findings if f.disposition is Disposition.FLAG]
        if keep is not None:
            keep[case.id] = flags
        against = [f for f in flags if f.verdict is VerdictKind.CONTRADICTED]
        if not against:
            return Answer(flags=bool(flags) and case.contradicted is None)
        paths = [f.passport_path for f in against]
        right = next((p for p in paths if same_path(p, case.contradicted)), paths[0])
        return Answer(flags=True, path=right)

    return answer_of


def nearest_method(passports: Sequence[Passport], policy: Policy) -> Method:
    """Every number with a unit is held against the registered value of its dimension that is nearest."""
    by_id = {p.id: p for p in passports}

    def answer_of(case: RegisteredCase) -> Answer:
        for text in case.utterances:
            for said in find_quantities(normalise(text).text, policy.converter):
                entry = _nearest(said, by_id[case.product_id])
                if entry is not None and _apart(said, entry) > _NEAR:
                    return Answer(flags=True, path=entry.path)
        return Answer(flags=False)

    return answer_of


def _nearest(said: Quantity, passport: Passport) -> RegisteredQuantity | None:
    alike = [q for q in passport.quantities if q.dimension == said.dimension and q.canonical_low is not None]
    return min(alike, key=lambda entry: _apart(said, entry), default=None)


def _apart(said: Quantity, entry: RegisteredQuantity) -> float:
    registered = float(entry.canonical_low or 0)
    return abs(float(said.canonical_low) - registered) / max(abs(registered), 1e-9)


def same_path(path: str | None, wanted: str | None) -> bool:
    """True where both name the same registered fact; an entry of a list stands for its list."""
    if path is None or wanted is None:
        return False
    one, other = path, wanted
    if one in _PLACES and other in _PLACES:
        return True
    return one == other or one.startswith(other + ".")


def rows_of(name: str, cases: Sequence[RegisteredCase], method: Method) -> Iterator[Row]:
    """One row of all cases, and one for each kind."""
    answers = {case.id: method(case) for case in cases}
    against = [c for c in cases if c.contradicted is not None]
    found = [c for c in against if answers[c.id].flags]
    false = [c for c in cases if c.contradicted is None and answers[c.id].flags]
    right = sum(same_path(answers[c.id].path, c.contradicted) for c in found)
    yield {
        "table": "registered",
        "part": cases[0].part,
        "method": name,
        "cases": len(cases),
        "recall": round(len(found) / max(1, len(against)), 3),
        "precision": round(len(found) / max(1, len(found) + len(false)), 3),
        "right_attribute": round(right / max(1, len(found)), 3),
    }
    kinds = Counter(c.kind for c in cases)
    flagged = Counter(c.kind for c in cases if answers[c.id].flags)
    for kind, count in kinds.items():
        yield {
            "table": "kinds",
            "part": cases[0].part,
            "method": name,
            "kind": kind,
            "contradicts": any(c.kind == kind and c.contradicted is not None for c in cases),
            "cases": count,
            "flagged": round(flagged[kind] / count, 3),
        }


def engine_of(part: str, policy: Policy, reader: Reader | None) -> ClaimEngine:
    """The claim engine over the passports of a part."""
    return ClaimEngine(policy, passports_of(part, policy), at=BROADCAST_AT, reader=reader)


def passports_of(part: str, policy: Policy) -> tuple[Passport, ...]:
    """The passports of a part."""
    return tuple(load_passports(FOLDER / part / "passports.json", policy.quantity_reader))


def run() -> list[Row]:
    """Rows of the default, of rules alone and of the nearest attribute, and ours over the nearest."""
    policy = packaged_policy()
    reader = open_reader("gemma", configs.SEMANTIC_DIR)
    rows: list[Row] = []
    for part in PARTS:
        cases = read_registered(part)
        if part == "test":
            ours = our_method(engine_of(part, policy, reader))
            rows += rows_of("zhenyan", cases, ours)
            heard = read_heard(cases)
            rows += heard_rows(heard, ours) if heard else ()
        alone = list(rows_of("zhenyan, rules alone", cases, our_method(engine_of(part, policy, None))))
        nearest = list(rows_of("nearest of the unit", cases, nearest_method(passports_of(part, policy), policy)))
        rows += [*alone, *nearest, _ratio(part, alone[0], nearest[0])]
    return rows


def _ratio(part: str, ours: Row, nearest: Row) -> Row:
    row: Row = {"table": "rules alone over nearest", "part": part}
    for name in ("recall", "precision", "right_attribute"):
        row[f"{name}_ratio"] = round(float(str(ours[name])) / float(str(nearest[name])), 2)
    return row


def heard_rows(heard: Sequence[RegisteredCase], method: Method) -> Iterator[Row]:
    """What is flagged of the cases as text and as heard: of all, and where the words that contradict were heard."""
    against = [case for case in heard if case.contradicted is not None]
    groups = {
        "recall": against,
        "recall_where_heard_right": [case for case in against if is_heard_right(case)],
        "look_alikes_flagged": [case for case in heard if case.contradicted is None],
    }
    for way in ("text", "heard"):
        flagged = {case.id for case in heard if method(case if way == "heard" else replace(case, heard=None)).flags}
        shares = {
            name: round(sum(case.id in flagged for case in of) / max(1, len(of)), 3) for name, of in groups.items()
        }
        sizes = {"cases": len(heard), "heard_right": len(groups["recall_where_heard_right"])}
        yield {"table": "heard", "way": way, **sizes, **shares}
