"""Claims that documents prove: certificates, patents, awards, endorsers, studies and ranks."""

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.wording import permitted_words
from claims.passports.identifiers import patent_is_valid
from claims.passports.passport import Certificate, Passport
from claims.policy.schema import CertificateKind
from claims.policy.wording_of_sellers import PapersWording
from claims.policy.words import Words
from claims.types import VerdictKind

_NEEDS = {"health_food": "health_food/", "device": "medical_device/", "drug": "drug/"}
_ORGANIC, _ANY = "organic", "any"


def judge_certificate(given: JudgeInput) -> Judgement:
    """A certificate that is claimed must be registered and valid on the day."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    kinds = _kinds(given)
    if not kinds:
        return out_of_scope("no certificate was named")
    day = given.at.date()
    missing: list[tuple[str, CertificateKind]] = []
    for word, kind in kinds:
        held = passport.held(kind.schemes, day) or _by_words(passport, kind.words_in or (word,), given)
        if held is not None:
            continue
        if _in_texts(passport, kind.words_in or (word,)):
            continue
        expired = next((c for c in passport.certificates if c.scheme in kind.schemes), None)
        if expired is not None:
            return contradicted(
                "not valid on that day",
                registered=f"{expired.number} ({expired.valid_from or '…'} – {expired.valid_to or '…'})",
                path=expired.path,
                claimed=word,
            )
        if _is_own_category(passport, word, given.wording.papers):
            continue
        missing.append((word, kind))
    if not missing:
        return supported(
            "registered and valid",
            claimed=given.words,
            path="certificates",
            registered=", ".join(c.number or c.scheme for c in passport.certificates),
        )
    claimed, seldom = missing[0][0], all(kind.registered_seldom for _, kind in missing)
    organic = given.wording.papers.organic
    if all(kind.id == _ORGANIC for _, kind in kinds) and any(map(organic.any_in, passport.ingredients)):
        return supported("organic ingredients are listed", claimed=given.words)
    if _wrong_category(passport, kinds):
        return contradicted(
            "the product is of another category", registered=passport.category, path="category", claimed=claimed
        )
    if passport.certificates:
        shown = ", ".join(f"{c.scheme} {c.number}".strip() for c in passport.certificates)
        return Judgement(
            verdict=VerdictKind.UNSUPPORTED,
            why="not among the registered certificates",
            registered=shown,
            path="certificates",
            claimed=claimed,
            note_only=seldom,
        )
    return unsupported(
        "no such certificate is registered", claimed=claimed, note_only=seldom or given.shown is not None
    )


def _kinds(given: JudgeInput) -> list[tuple[str, CertificateKind]]:
    found: list[tuple[str, CertificateKind]] = []
    for slot in given.candidate.match.slots:
        word = given.window.text[slot.start : slot.end]
        kind = max(
            ((k, w) for k in given.policy.certificates for w in k.words if w in word or word == w),
            key=lambda p: len(p[1]),
            default=None,
        )
        if kind is not None:
            found.append((word, kind[0]))
    if not found:
        words = given.words
        for kind_ in given.policy.certificates:
            hit = next((w for w in kind_.words if w in words), None)
            if hit:
                found.append((hit, kind_))
                break
    wording = given.wording.papers
    if not found and wording.certified.any_in(given.words):
        meant = next((kind for word, kind in wording.certified_by.items() if word in given.words), _ANY)
        found = [(given.words, kind) for kind in given.policy.certificates if kind.id == meant]
    return found


def _by_words(passport: Passport, words: tuple[str, ...], given: JudgeInput) -> Certificate | None:
    day = given.at.date()
    for certificate in passport.certificates:
        text = f"{certificate.scheme} {certificate.number} {certificate.scope} {certificate.issuer}".lower()
        if certificate.valid_on(day) and any(w.lower() in text for w in words):
            return certificate
    return None


def _in_texts(passport: Passport, words: tuple[str, ...]) -> bool:
    texts = (
        [t.text for t in passport.texts]
        + [p.text for p in passport.permitted]
        + list(passport.standards)
        + [passport.grade or ""]
    )
    return any(w.lower() in text.lower() for text in texts for w in words)


def _wrong_category(passport: Passport, kinds: list[tuple[str, CertificateKind]]) -> bool:
    return any(kind.id in _NEEDS and not passport.in_category(_NEEDS[kind.id]) for _, kind in kinds)


def _is_own_category(passport: Passport, word: str, wording: PapersWording) -> bool:
    """True where the word says no more than what kind of goods it is: 这是保健食品 of a health food."""
    category = wording.categories.get(word)
    return category is not None and passport.in_category(category)


def judge_patent(given: JudgeInput) -> Judgement:
    """A patent must be granted, of the kind claimed, and its number and kind said or shown (广告法 12)."""
    passport, wording = given.passport, given.wording.papers
    if passport is None:
        return out_of_scope("the product is not known")
    left, right = given.window.sentence(given.candidate.start, given.candidate.end)
    around = given.window.text[left:right]
    patents = [c for c in passport.certificates if c.scheme == "PATENT"]
    valid = [c for c in patents if c.valid_on(given.at.date())]
    if wording.applied_for.any_in(around):
        return unsupported("an application is no patent", claimed=given.words)
    if not patents:
        complete = given.shown is not None and wording.patent_kinds.any_in(around)
        return unsupported("no patent is registered", claimed=given.words, note_only=complete)
    if not valid:
        return contradicted(
            "the patent has ended",
            registered=f"{patents[0].number} – {patents[0].valid_to}",
            path=patents[0].path,
            claimed=given.words,
        )
    shown = ", ".join(f"{c.number} {c.scope}".strip() for c in valid)
    kinds = " ".join(
        [*(c.scope for c in valid), *(t.text for t in passport.texts if wording.patent_entries.any_in(t.label))]
    )
    kind = next((k for k in wording.patent_kinds if k in given.words or k in around), None)
    is_denied = any(f"{no}{kind}" in around for no in wording.not_of_kind)
    if kind and kind not in kinds and kinds.strip() and not is_denied:
        return contradicted("of another kind", registered=shown, path=valid[0].path, claimed=given.words)
    number = wording.patent_number.search(around)
    if number is not None:
        digits = number[0].replace(" ", "").upper()
        if patent_is_valid(digits) and any(c.number.replace(" ", "") == digits for c in valid):
            return supported("number and grant agree", registered=shown, path=valid[0].path, claimed=given.words)
    stated = kind and kind in kinds and not wording.patent_boasts.any_in(around)
    if number is not None or wording.number_stated.any_in(around) or stated:
        return supported("granted, kind stated", registered=shown, path=valid[0].path, claimed=given.words)
    return unsupported("number and kind are not stated", claimed=given.words, factor=given.factors.patent_unstated)


def judge_award(given: JudgeInput) -> Judgement:
    """An honour must be registered; an age claimed must agree with the brand's founding year."""
    passport, wording = given.passport, given.wording.papers
    if passport is None:
        return out_of_scope("the product is not known")
    texts = [
        *passport.awards,
        *(p.text for p in passport.permitted),
        *(c.scope for c in passport.certificates if c.scheme == "OTHER"),
        *(t.text for t in passport.texts if wording.honour_entries.any_in(t.label + t.key)),
    ]
    said = [honour for honour in wording.honours if honour in given.words]
    left, right = given.window.sentence(given.candidate.start, given.candidate.end)
    sentence = given.window.text[left:right]
    for text in texts:
        if any(honour in text.lower() for honour in said) or (len(text) >= 4 and text.lower() in sentence):
            return supported("a registered honour", registered=text, path="awards", claimed=given.words)
    if passport.brand_since is not None and wording.of_old.any_in(given.words):
        return contradicted(
            "the brand is younger", registered=f"{passport.brand_since}", path="brand_since", claimed=given.words
        )
    return unsupported(
        "no such honour is registered", claimed=given.words, note_only=not texts and given.shown is not None
    )


def judge_endorser(given: JudgeInput) -> Judgement:
    """Celebrities must be registered endorsers; the reviewed categories may have none."""
    passport, wording = given.passport, given.wording.papers
    if passport is not None and passport.in_category("health_food", "drug", "medical_device"):
        return unsupported("no endorser is allowed for this category", claimed=given.words)
    listed = list(passport.endorsers) if passport else []
    if passport:
        listed += [t.text for t in passport.texts if wording.endorsers.fit(t.label, t.key)]
    if listed and wording.endorses.any_in(given.words):
        return supported("a registered endorser", registered=", ".join(listed), path="endorsers", claimed=given.words)
    return unsupported("no licensed endorser is registered", claimed=given.words)


def judge_evidence(given: JudgeInput) -> Judgement:
    """A claim that needs proof: a registered document of the right kind, naming the same matter, supports it."""
    passport = given.passport
    if passport is None:
        return unsupported("the product is not known, so nothing proves it", claimed=given.words)
    permitted = permitted_words(given)
    if permitted is not None:
        return permitted
    wanted = given.file.supported_by
    left, right = given.window.sentence(given.candidate.start, given.candidate.end)
    sentence = given.window.text[left:right]
    for certificate in passport.certificates:
        if certificate.scheme not in wanted.schemes or not certificate.valid_on(given.at.date()):
            continue
        scope = certificate.scope.lower()
        if wanted.words and any(w in scope for w in wanted.words):
            return supported(
                "a registered report covers it",
                registered=f"{certificate.number} {certificate.scope}",
                path=certificate.path,
                claimed=given.words,
            )
        if (
            wanted.numbers
            and scope
            and any(n in scope for n in _spoken_numbers(given))
            and _within_scope(scope, sentence, given.wording.papers.limits)
        ):
            return supported(
                "a registered report has this figure",
                registered=f"{certificate.number} {certificate.scope}",
                path=certificate.path,
                claimed=given.words,
            )
    for quantity in passport.quantities:
        if quantity.dimension == "share" and any(c in sentence for c in quantity.cues if len(c) > 1):
            return out_of_scope("speaks of a registered value; compared there")
    return unsupported("no registered document proves it", claimed=given.words)


def _within_scope(scope: str, sentence: str, limits: Words) -> bool:
    """False where the report covers less than was said: its limits must be said too."""
    return all(limit in sentence for limit in limits if limit in scope)


def _spoken_numbers(given: JudgeInput) -> list[str]:
    return [
        str(n.value.normalize())
        for n in given.window.numbers
        if given.candidate.start <= n.start < given.candidate.end and n.value >= 2
    ]
