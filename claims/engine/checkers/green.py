"""Energy grade, formaldehyde, coating, food grade: against label, report or registered value."""

from collections.abc import Sequence

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.passports.passport import Passport
from claims.policy.words import Words

_Entry = tuple[str, str]


def judge_green(given: JudgeInput) -> Judgement:
    """Energy grade, formaldehyde, coating, food grade: against label, report or registered value."""
    if given.passport is None:
        return out_of_scope("the product is not known")
    wording, kind = given.wording.green, given.candidate.rule.rule.params.get("kind", "")
    names = {
        "grade": wording.energy_entries,
        "formaldehyde": wording.formaldehyde_entries,
        "coating": wording.coating_entries,
    }
    qualities = Words(quality for quality in wording.qualities if quality in given.words)
    entries = _entries(given.passport)
    related = _naming(names.get(kind, qualities), entries)
    if kind == "grade":
        return _grade(given, related)
    if kind == "formaldehyde" and related:
        if wording.no_formaldehyde.any_in(related[0][1]):
            return _supported("none was found", given, related[0])
        return _contradicted("a value above zero is registered", given, related[0])
    if kind == "coating" and related:
        if wording.no_coating.any_in(related[0][1]):
            return _supported("registered without coating", given, related[0])
        return _contradicted("a coating is registered", given, related[0])
    return _quality(given, kind, entries, related)


def _grade(given: JudgeInput, labels: Sequence[_Entry]) -> Judgement:
    """An energy or water grade, in digits or in words."""
    grades = given.wording.green.grades
    said = next((grade for grade in grades if grade in given.words), None)
    for path, text in labels:
        tail = text.split(" ", 1)[-1]
        if said is not None and (grades[said] in tail or said in tail):
            return _supported("the registered grade", given, (path, text))
    if labels:
        return _contradicted("another grade is registered", given, labels[0])
    return unsupported("no energy label is registered", claimed=given.words, note_only=given.shown is not None)


def _quality(given: JudgeInput, kind: str, entries: Sequence[_Entry], related: Sequence[_Entry]) -> Judgement:
    """Food grade, class A, antibacterial …: what is registered of it."""
    wording, words = given.wording.green, given.words
    if kind == "green" and related:
        if wording.class_a.any_in(words) and not any(wording.class_a.any_in(text.lower()) for _, text in related):
            return _contradicted("another class is registered", given, related[0])
        return _supported("registered", given, related[0])
    if wording.class_a.any_in(words):
        other = next((one for one in entries if wording.lower_classes.any_in(one[1].lower())), None)
        if other is not None:
            return _contradicted("another class is registered", given, other)
    if related and wording.for_ever.any_in(words):
        return _contradicted("a measured limit is registered", given, related[0])
    return unsupported(
        "no label or report is registered for it", claimed=words, note_only=kind == "green" and given.shown is not None
    )


def _entries(passport: Passport) -> list[_Entry]:
    entries = [(t.path, f"{t.label} {t.text}") for t in passport.texts]
    entries += [(q.path, f"{q.label} {q.shown}") for q in passport.quantities]
    entries += [(p.path, p.text) for p in passport.permitted]
    return entries + [(c.path, f"{c.number} {c.scope}") for c in passport.certificates]


def _naming(names: Words, entries: Sequence[_Entry]) -> list[_Entry]:
    return [one for one in entries if any(name.lower() in one[1].lower() for name in names)]


def _supported(why: str, given: JudgeInput, entry: _Entry) -> Judgement:
    return supported(why, registered=entry[1], path=entry[0], claimed=given.words)


def _contradicted(why: str, given: JudgeInput, entry: _Entry) -> Judgement:
    return contradicted(why, registered=entry[1], path=entry[0], claimed=given.words)
