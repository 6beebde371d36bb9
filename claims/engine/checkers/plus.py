"""Grades told by plus signs: PA+++ said as 三个加, against the grade in the passport's words."""

import re
from collections.abc import Iterator

from claims.engine.checkers.base import contradicted, supported
from claims.engine.checkers.quantity import QuantityClaim
from claims.engine.window import Window
from claims.passports.passport import Passport

_SAID = re.compile(r"pa(?:值)?(?:是|有|到|达到)?(?:(?P<signs>\++)|(?P<count>[一二三四五1-5])(?:个)?(?:加号|加|\+))")
_REGISTERED = re.compile(r"pa\s*(\++)")
_COUNT = {c: n for n, c in enumerate("一二三四五", start=1)} | {str(n): n for n in range(1, 6)}


def judge_plus(window: Window, passport: Passport) -> Iterator[QuantityClaim]:
    """Every PA grade in focus, if one is registered; more plus signs than registered contradict it."""
    texts = [(t.path, t.text) for t in passport.texts] + [(p.path, p.text) for p in passport.permitted]
    found = ((path, text, _REGISTERED.search(text.lower())) for path, text in texts)
    entry = next(((path, text, len(match[1])) for path, text, match in found if match), None)
    if entry is None:
        return
    path, text, registered = entry
    for said in _SAID.finditer(window.text):
        if not window.focus_start < said.end() <= window.focus_end:
            continue
        count = len(said["signs"]) if said["signs"] else _COUNT[said["count"]]
        claimed = "PA" + "+" * count
        judgement = (
            supported("agrees with the registered grade", registered=text, path=path, claimed=claimed)
            if count <= registered
            else contradicted("more than the registered grade", registered=text, path=path, claimed=claimed)
        )
        yield QuantityClaim(
            start=said.start(), end=said.end(), said_at=said.start(), judgement=judgement, explicit=True
        )
