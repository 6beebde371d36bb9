"""Grades told by plus signs: PA+++ said as 三个加, against the grade in the passport's words."""

from collections.abc import Iterator
from dataclasses import dataclass

from claims.engine.checkers.base import Judgement, contradicted, supported
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.wording_of_goods import PlusWording
from claims.text.numbers import whole_number


@dataclass(frozen=True, slots=True, kw_only=True)
class SignClaim:
    """A grade of plus signs at [start, end), as judged."""

    start: int
    end: int
    judgement: Judgement


def judge_plus(window: Window, passport: Passport, wording: PlusWording) -> Iterator[SignClaim]:
    """Every PA grade in focus, if one is registered; more plus signs than registered contradict it."""
    texts = [(t.path, t.text) for t in passport.texts] + [(p.path, p.text) for p in passport.permitted]
    found = ((path, text, wording.registered.search(text.lower())) for path, text in texts)
    entry = next(((path, text, len(match["signs"])) for path, text, match in found if match), None)
    if entry is None:
        return
    path, text, registered = entry
    for said in wording.said.finditer(window.text):
        if not window.focus_start < said.end() <= window.focus_end:
            continue
        count = len(said["signs"]) if said["signs"] else whole_number(said["count"])
        claimed = "PA" + "+" * count
        judgement = (
            supported("agrees with the registered grade", registered=text, path=path, claimed=claimed)
            if count <= registered
            else contradicted("more than the registered grade", registered=text, path=path, claimed=claimed)
        )
        yield SignClaim(start=said.start(), end=said.end(), judgement=judgement)
