"""What stands twice in a passport: of two values for one thing a claim would always find the one that suits it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from claims.passports.forms import LongPassport, ShortPassport
from claims.passports.intake.texts import Place, quoted

_JOINTS = re.compile(r"[\s_\-]+")


def repeats(form: LongPassport | ShortPassport) -> Iterator[tuple[Place, str]]:
    """The second of two attributes, materials, nutrients or documents of one name, with where it stands."""
    if isinstance(form, ShortPassport):
        yield from _second(
            "attribute", ((("attributes", i, "name"), a.name, a.condition) for i, a in enumerate(form.attributes))
        )
        yield from _second(
            "material",
            (
                (("composition", i, "material"), c.material, c.label, c.part, c.origin)
                for i, c in enumerate(form.composition)
            ),
        )
        return
    yield from _second("key", ((("specs", i, "key"), s.key, s.condition) for i, s in enumerate(form.specs)))
    yield from _second(
        "material", ((("materials", i, "name"), m.name, m.part, m.origin) for i, m in enumerate(form.materials))
    )
    yield from _second("nutrient", ((("nutrition", i, "name"), n.name, n.per) for i, n in enumerate(form.nutrition)))
    yield from _second("document", ((("evidence", i, "doc_id"), e.doc_id) for i, e in enumerate(form.evidence)))


def _second(what: str, entries: Iterable[tuple[Place, *tuple[str | None, ...]]]) -> Iterator[tuple[Place, str]]:
    seen: dict[tuple[str, ...], Place] = {}
    for place, *names in entries:
        identity = tuple(_folded(name) for name in names)
        first = seen.setdefault(identity, place)
        if first is not place:
            before = ".".join(map(str, first[:-1]))
            yield place, f"{what} {quoted(names[0])} stands twice, first at {before}"


def _folded(name: str | None) -> str:
    return _JOINTS.sub("_", unicodedata.normalize("NFKC", name or "").strip()).casefold()
