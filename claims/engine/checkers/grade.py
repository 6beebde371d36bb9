"""Grade, authenticity and treatment against what is registered."""

from collections.abc import Sequence

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.passports.passport import Passport
from claims.policy.wording_of_goods import GradeWording

_Source = tuple[str, str]
_SHORTEST = 2


def judge_grade(given: JudgeInput) -> Judgement:
    """A grade, authenticity or treatment must be the registered one."""
    passport, wording = given.passport, given.wording.grade
    if passport is None:
        return out_of_scope("the product is not known")
    word = wording.stated.sub("", given.words)
    sources = _sources(passport)
    graded = [(path, text) for path, text in sources if text and wording.entries.any_in(path)]
    treated = next((one for one in graded if _is_treated(one[1], wording)), None)
    if treated is not None and wording.about_treatment.any_in(word):
        return contradicted("another treatment is registered", registered=treated[1], path=treated[0], claimed=word)
    named = _named(word, graded, sources, wording)
    if named is not None:
        return supported("the registered grade", registered=named[1], path=named[0], claimed=word)
    if wording.denies_treatment.any_in(word):
        clean = next(((path, text) for path, text in sources if wording.untreated.any_in(text)), None)
        if clean is not None:
            return supported("no treatment was found", registered=clean[1], path=clean[0], claimed=word)
    if graded:
        path, text = graded[0]
        return contradicted("another grade is registered", registered=text, path=path, claimed=word)
    return unsupported(
        "no such grade is registered",
        claimed=word,
        factor=given.factors.grade_unregistered,
        # Where nothing is registered but a name, there is nothing that the words could be held against.
        note_only=given.shown is not None or not any(text for path, text in sources if path != "name"),
    )


def _sources(passport: Passport) -> list[_Source]:
    """Everything registered that may tell a grade, with its path."""
    sources = [(t.path, t.text) for t in passport.texts]
    sources += [("grade", passport.grade or ""), ("treatment", passport.treatment or ""), ("name", passport.name)]
    sources += [(p.path, p.text) for p in passport.permitted] + [(c.path, c.scope) for c in passport.certificates]
    sources += [(m.path, m.name) for m in passport.materials] + [("standards", s) for s in passport.standards]
    return sources + [("ingredients", i) for i in passport.ingredients]


def _is_treated(text: str, wording: GradeWording) -> bool:
    return wording.treated.any_in(text.lower()) and not wording.untreated.any_in(text)


def _named(word: str, graded: Sequence[_Source], sources: Sequence[_Source], wording: GradeWording) -> _Source | None:
    """The entry that tells the grade which was said: a grade within the words, or the words within any text."""
    within = next((one for one in graded if len(one[1]) >= _SHORTEST and one[1].lower() in word), None)
    if within is not None:
        return within
    core = _core(word, wording)
    for path, text in sources:
        if text and (word in text.lower() or (len(core) >= _SHORTEST and core in text.lower())):
            return path, text
    return None


def _core(word: str, wording: GradeWording) -> str:
    core = word
    for prefix in wording.before_it:
        core = core.removeprefix(prefix)
    return core or word
