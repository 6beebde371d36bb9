"""The table of law: what every detector's finding cites, of every kind of goods, on a day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from claims.policy.law import ANY, CitedLaw, Held
from claims.policy.policy import Policy
from claims.policy.schema import ClassFile, Rule
from claims.types import VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LawRow:
    """What some detectors of a class cite, of some goods; `verdict` None: whatever came of it."""

    class_id: str
    detectors: tuple[str, ...]
    goods: tuple[str, ...]
    verdict: VerdictKind | None
    law: CitedLaw


def law_cells(policy: Policy, on: date | None = None) -> Iterator[LawRow]:
    """Every detector, kind of goods and verdict that tells articles apart, one by one."""
    kinds = goods_in_law(policy)
    for class_id, file in sorted(policy.class_files.items()):
        named = sorted({verdict for ref in file.law for verdict in ref.verdicts})
        verdicts: list[VerdictKind | None] = [*named] or [None]
        for detector in file.detectors:
            rule = next((r for r in file.rules if r.id == detector), None)
            for goods in _goods_of(kinds, file, rule):
                for verdict in verdicts:
                    held = Held(detector=detector, category=goods, verdict=verdict)
                    law = policy.law_for(class_id, held, on)
                    yield LawRow(class_id=class_id, detectors=(detector,), goods=(goods,), verdict=verdict, law=law)


def law_rows(policy: Policy, on: date | None = None) -> list[LawRow]:
    """The same, those together that cite the same: detectors that cite alike of all goods, goods of which they do."""
    cells = list(law_cells(policy, on))
    found: list[LawRow] = []
    for class_id in dict.fromkeys(cell.class_id for cell in cells):
        own = [cell for cell in cells if cell.class_id == class_id]
        for detectors, rows in _alike(own):
            by_law: dict[tuple[VerdictKind | None, CitedLaw], list[str]] = {}
            for row in rows:
                by_law.setdefault((row.verdict, row.law), []).append(row.goods[0])
            found += [
                LawRow(class_id=class_id, detectors=detectors, goods=tuple(goods), verdict=verdict, law=law)
                for (verdict, law), goods in by_law.items()
            ]
    return found


def goods_in_law(policy: Policy) -> tuple[str, ...]:
    """The kinds of goods as prefixes: those of passports, and narrower ones that a law tells apart (pet/food/)."""
    named = {ref.category.rstrip("/") for file in policy.class_files.values() for ref in file.law}
    return tuple(f"{kind}/" for kind in (*policy.kinds_of_goods, *sorted(kind for kind in named if "/" in kind)))


def _goods_of(kinds: Sequence[str], file: ClassFile, rule: Rule | None) -> Iterator[str]:
    wanted = (rule.categories if rule is not None else ()) or file.categories
    for path in kinds:
        is_wanted = ANY in wanted or any(path.startswith(one) or one.startswith(path) for one in wanted)
        if is_wanted and not any(path.startswith(one) for one in file.not_categories):
            yield path


def _alike(cells: Sequence[LawRow]) -> Iterable[tuple[tuple[str, ...], list[LawRow]]]:
    """Detectors with the same articles for the same goods, and the rows of the first of them."""
    by_detector: dict[str, list[LawRow]] = {}
    for cell in cells:
        by_detector.setdefault(cell.detectors[0], []).append(cell)
    groups: dict[tuple[object, ...], list[str]] = {}
    for detector, rows in by_detector.items():
        groups.setdefault(tuple((row.goods, row.verdict, row.law) for row in rows), []).append(detector)
    return [(tuple(names), by_detector[names[0]]) for names in groups.values()]
