"""What the semantic classifier is trained on: labelled cases, with what the rules find in each by themselves."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from misheard import Channel, read_heard

from claims.conversation import ClaimEngine
from claims.passport import Passport
from claims.passport_load import load_passports, read_passports
from claims.pictures import read_out
from claims.policy import Policy
from claims.semantic import views_of
from claims.types import Disposition, Passage
from claims.window import fold

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "claims"
SENTENCES = sorted((ROOT / "configs" / "semantic").glob("sentences*.yaml"))
READ = (
    "open",
    *("blind/a", "blind/c", "blind/d"),
    *("blind/e_hypothetical", "blind/f_condition", "blind/g_evasion", "blind/k_evasion"),
    *("blind/s_record", "blind/u_record", "blind/w_record"),
)
LEFT_OUT = (
    *("tests/claims/blind/b", "tests/claims/blind/g_evasion: even numbers"),
    *("tests/claims/blind/h_evasion", "tests/claims/blind/l_evasion", "tests/claims/blind/n_evasion"),
    *("tests/claims/blind/o_evasion", "tests/claims/blind/p_evasion"),
    *("tests/claims/blind/q_evasion", "tests/claims/blind/r_evasion"),
    *("tests/claims/blind/t_evasion", "tests/claims/blind/v_record"),
)
_JOINED_CLAIMS, _JOINED_LAWFUL = 1200, 2000
_MISHEARD_CASES = 0.3
MISHEARD = "misheard"
_AT = datetime.fromisoformat("2026-06-15T12:00:00+08:00")
_ANY = "home/general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Passages said one after another, the classes that they breach (none: lawful), the goods' category.

    `source` is the writer's file or the set; `flagged`: the classes that the rules flag by themselves.
    """

    source: str
    texts: tuple[str, ...]
    classes: tuple[str, ...]
    category: str | None
    flagged: frozenset[str] = frozenset()

    @property
    def goods(self) -> str:
        """The first part of the category; `*` where it is not known."""
        return (self.category or "*").partition("/")[0]

    @property
    def views(self) -> list[tuple[str, ...]]:
        """Every window that is read while the passages come in: each alone, and with those before it."""
        return [view for end in range(1, len(self.texts) + 1) for view in views_of(self.texts[:end])]

    @property
    def windows(self) -> list[tuple[str, ...]]:
        """Each passage with those before it, as it is read where a window is read as one text."""
        return [views_of(self.texts[:end])[-1] for end in range(1, len(self.texts) + 1)]


def read_cases(policy: Policy) -> list[Case]:
    """All sentences that may be learnt from, folded: the sets that were read, then the sentences, file by file.

    What one record makes a breach and another does not is kept once, as the claim that it is.
    """
    cases = [*_of_sets(policy), *_of_sentences(policy)]
    claimed = {case.texts for case in cases if case.classes}
    return [case for case in cases if case.classes or case.texts not in claimed]


def said_by_chance(cases: Iterable[Case], seed: int) -> list[Case]:
    """Sentences said one after another by chance: a claim stands behind other talk, and talk of two things is none."""
    dice = random.Random(seed)
    cases = list(cases)
    lawful: dict[str, list[str]] = {}
    for case in cases:
        if not case.classes:
            lawful.setdefault(case.goods, []).append(case.texts[0])
    alone = [case for case in cases if case.classes and len(case.texts) == 1]
    joined_up = [
        replace(case, texts=(*dice.choices(lawful.get(case.goods) or lawful["*"], k=dice.choice([1, 2])), *case.texts))
        for case in dice.sample(alone, min(_JOINED_CLAIMS, len(alone)))
    ]
    for _ in range(_JOINED_LAWFUL):
        texts = tuple(dice.choices(lawful[dice.choice(sorted(lawful))], k=dice.choice([2, 3])))
        joined_up.append(Case(source="chance", texts=texts, classes=(), category=None))
    return joined_up


def misheard(cases: Iterable[Case], seed: int, policy: Policy) -> list[Case]:
    """What a recogniser wrote of those cases that were spoken, and a share of all as it might have written them."""
    dice = random.Random(seed)
    cases, lines, policy = list(cases), read_heard(), _of_other_sentences(policy)
    said = {case.texts[0]: case for case in cases if len(case.texts) == 1}
    spoken = [(said[text], line) for line in lines if (text := _folded(line.said, policy)) in said]
    channel = Channel(lines, (text for case in cases for text in case.texts))
    return [
        *(replace(case, source=MISHEARD, texts=(_read(line.passage(), policy),)) for case, line in spoken),
        *(
            replace(case, source=MISHEARD, texts=tuple(_read(channel.write(t, dice), policy) for t in case.texts))
            for case in dice.sample(cases, round(_MISHEARD_CASES * len(cases)))
        ),
    ]


def _of_other_sentences(policy: Policy) -> Policy:
    """The policy without the pairs of words that were counted once: a sentence is not to be read by its own."""
    other = Policy(policy.folder)
    often = ((first, {w: n for w, n in after.items() if n > 1}) for first, after in other.pairs.items())
    other.pairs = {first: after for first, after in often if after}
    return other


def _of_sets(policy: Policy) -> Iterator[Case]:
    for name in READ:
        folder = TESTS / name
        passports = load_passports(next(folder.glob("passports.*")), policy.quantity_reader)
        category = {p.id: p.category for p in passports}
        engine = ClaimEngine(policy, passports, at=_AT)
        for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
            case: dict[str, Any] = json.loads(line)
            if name.endswith("g_evasion") and int(case["case"].partition("-")[0][2:]) % 2 == 0:
                continue
            yield Case(
                source=name,
                texts=tuple(_folded(t, policy) for t in case["utterances"]),
                classes=tuple(sorted({c for e in case["expected"] for c in e["classes"]})),
                category=category.get(str(case.get("product_id"))),
                flagged=_flagged(engine, case["case"], case["utterances"], case.get("product_id")),
            )


def _of_sentences(policy: Policy) -> Iterator[Case]:
    """Sentences name a category, no product: they are judged as said of goods that register nothing."""
    for file in SENTENCES:
        groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        engine = ClaimEngine(policy, _bare_passports({g["category"] for g in groups}, policy), at=_AT)
        for number, group in enumerate(groups):
            for key in ("claims", "lawful"):
                for place, text in enumerate(group.get(key, ())):
                    said = text.split(" / ")
                    yield Case(
                        source=file.stem,
                        texts=tuple(_folded(t, policy) for t in said),
                        classes=(group["class"],) if key == "claims" else (),
                        category=group["category"],
                        flagged=_flagged(engine, f"{number}.{key}.{place}", said, _goods_id(group["category"])),
                    )


def _bare_passports(categories: set[str], policy: Policy) -> tuple[Passport, ...]:
    records = [
        {"id": _goods_id(c), "name": "小店好物", "category": _ANY if c == "*" else c.rstrip("/") + "/general"}
        for c in sorted(categories)
    ]
    return read_passports(records, policy.quantity_reader, source="sentences")


def _goods_id(category: str) -> str:
    return "P-" + category.strip("/").replace("/", "-").replace("*", "any")


def _flagged(engine: ClaimEngine, stream: str, said: Sequence[str], product_id: str | None) -> frozenset[str]:
    conversation = engine.conversation(stream)
    for n, text in enumerate(said):
        conversation.hear(
            Passage(
                stream_id=stream,
                id=f"u{n}",
                start_ms=n * 4000,
                end_ms=n * 4000 + 3600,
                text=text,
                product_id=product_id,
            )
        )
    conversation.flush()
    return frozenset(f.class_id for f in conversation.findings if f.disposition is Disposition.FLAG)


def _folded(text: str, policy: Policy) -> str:
    return _read(Passage(stream_id="s", id="p", start_ms=0, end_ms=1, text=text), policy)


def _read(passage: Passage, policy: Policy) -> str:
    return read_out(fold(passage, policy), policy.pictures)
