"""Claims decided by wording and category: banned terms, permitted functions, efficacy, guarantees."""

from claims.engine.checkers.base import (
    JudgeInput,
    Judgement,
    beyond,
    contradicted,
    out_of_scope,
    supported,
    unsupported,
)
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.policy.wording_of_sellers import EffectsWording
from claims.types import VerdictKind

# Of what is named by no known stem, so many characters count.
_STEM = 2


def judge_banned(given: JudgeInput) -> Judgement:
    """Barred for this category; only the words of a permitted claim save it."""
    permitted = permitted_words(given)
    if permitted is not None:
        return permitted
    where = given.passport.category if given.passport else "any category"
    verdict = given.candidate.rule.rule.verdict or VerdictKind.BANNED
    return Judgement(verdict=verdict, why=f"the wording is barred for {where}", claimed=given.words)


def judge_note(given: JudgeInput) -> Judgement:
    """Kept for the reviewer; no text can decide it."""
    return unsupported("no text can decide this", claimed=given.words, note_only=True)


def judge_unsupported(given: JudgeInput) -> Judgement:
    """An absolute that nothing registered can prove."""
    return unsupported("an absolute assertion, with nothing registered that proves it", claimed=given.words)


def permitted_words(given: JudgeInput) -> Judgement | None:
    """SUPPORTED if what was said is one of the permitted claims in its own words."""
    if given.passport is None:
        return None
    compact = given.words.replace(",", "")
    for claim in given.passport.permitted:
        if claim.valid_to is not None and claim.valid_to < given.at.date():
            continue
        text = claim.text.lower().replace(" ", "")
        if len(compact) >= 3 and compact in text:
            return supported("a permitted claim says so", registered=claim.text, path=claim.path, claimed=given.words)
    return None


def judge_permitted_function(given: JudgeInput) -> Judgement:
    """A health function must be one that is approved for this product; anything else goes beyond it."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    functions, wording = _functions(passport, given), given.wording.effects
    said, meant = given.words, _without(given, "approval_read")
    for path, text in functions:
        if _same_function(meant, text, wording):
            return supported("within the approved function", registered=text, path=path, claimed=said)
    if functions:
        path, _ = functions[0]
        return beyond(
            "beyond the approved function", registered="; ".join(t for _, t in functions), path=path, claimed=said
        )
    read_out = given.cue_near("approval_read", 12) is not None and given.cue_near("approval_limits", 30) is not None
    return unsupported("no approved function is registered", claimed=said, note_only=read_out)


def _without(given: JudgeInput, cue: str) -> str:
    """The claim's words without those of a cue: 睡眠,批的是有助于改善 names no more than sleep."""
    start, end = given.candidate.start, given.candidate.end
    spans = [(s, e) for s, e in given.window.located.spans(f"cue:{cue}") if start <= s and e <= end]
    return "".join(given.window.text[at] for at in range(start, end) if not any(s <= at < e for s, e in spans))


def _functions(passport: Passport, given: JudgeInput) -> list[tuple[str, str]]:
    found = [(p.path, p.text) for p in passport.permitted]
    found += [
        (c.path, c.scope)
        for c in passport.certificates
        if c.scheme in {"HEALTH_FOOD_REG", "HEALTH_FOOD_FILING"} and c.scope
    ]
    is_function = given.wording.effects.functions.fit
    return found + [(t.path, t.text) for t in passport.texts if is_function(t.label, t.key)]


def _same_function(said: str, approved: str, wording: EffectsWording) -> bool:
    """True if the meaningful characters of what was said all stand in the approved function."""
    core = [c for c in said if c not in wording.no_function]
    return bool(core) and all(c in approved for c in core)


def judge_health_food(given: JudgeInput) -> Judgement:
    """Health food beyond its approval: contradicted where an approved function is registered."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    functions = _functions(passport, given)
    rule = given.candidate.rule.rule
    if functions and rule.verdict is not VerdictKind.UNSUPPORTED:
        path, _ = functions[0]
        return beyond(
            "beyond the approved function",
            registered="; ".join(t for _, t in functions),
            path=path,
            claimed=given.words,
        )
    return unsupported("health food may not assert this", claimed=given.words)


def judge_cosmetic(given: JudgeInput) -> Judgement:
    """An effect must be in the filing or registration; special effects need their own registration."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    said, wording = given.words, given.wording.effects
    registered = registered_effects(passport, given.policy)
    rule = given.candidate.rule.rule
    if rule.params.get("strength") == "special" or rule.role == "problem_gone":
        effect = next((effect for effect, words in wording.special.items() if words.any_in(said)), None)
        special = passport.held(("COSMETIC_SPECIAL",), given.at.date())
        overdone = rule.role == "problem_gone" and wording.overdone.any_in(said)
        if effect and special and any(effect in text for _, text in registered) and not overdone:
            return supported(
                f"{effect} is registered",
                registered=f"{special.number} {special.scope}".strip(),
                path=special.path,
                claimed=said,
            )
        factor = 1.0
    else:
        stem = _effect_stem(said, wording)
        for path, text in registered:
            if stem and stem in text and rule.role == "effect":
                return supported("the effect is filed", registered=text, path=path, claimed=said)
        is_plain = rule.role == "effect" and wording.plain.any_in(said)
        factor = given.factors.effect_plain if is_plain else 1.0
    if registered:
        path, _ = registered[0]
        shown = "; ".join(dict.fromkeys(text for _, text in registered))
        return Judgement(
            verdict=VerdictKind.UNSUPPORTED,
            why="not among the registered effects",
            claimed=said,
            registered=given.messages.permitted.render(shown=shown),
            path=path,
            factor=factor,
        )
    filed = rule.params.get("strength") != "special" and given.cue_near("filing_read", 14) is not None
    return unsupported("no effect is registered or filed", claimed=said, factor=factor, note_only=filed)


def _effect_stem(said: str, wording: EffectsWording) -> str:
    stem = wording.stems.first_in(said)
    return said[:_STEM] if stem is None else wording.same.get(stem, stem)


def registered_effects(passport: Passport, policy: Policy) -> list[tuple[str, str]]:
    """The effects that registration, filing or permitted claims name, with their paths."""
    found = [(p.path, p.text) for p in passport.permitted]
    found += [(c.path, c.scope) for c in passport.certificates if c.scheme.startswith("COSMETIC") and c.scope]
    is_effect = policy.wording.effects.entries.any_in
    return found + [(t.path, t.text) for t in passport.texts if is_effect(t.label + t.key)]


def judge_guarantee(given: JudgeInput) -> Judgement:
    """Effect, speed or permanence asserted: saved only by a measured performance in the passport."""
    passport = given.passport
    if passport is not None:
        permitted = permitted_words(given)
        if permitted is not None:
            return permitted
        wording = given.wording.effects
        stem = wording.measured_texts.first_in(given.words)
        for text in passport.texts:
            if stem and (stem in text.label or stem in text.text):
                return contradicted(
                    "a measured value says otherwise",
                    registered=f"{text.label} {text.text}",
                    path=text.path,
                    claimed=given.words,
                )
        stem = wording.measured_values.first_in(given.words)
        for quantity in passport.quantities:
            if stem and stem in quantity.label:
                return contradicted(
                    "a measured value says otherwise",
                    registered=f"{quantity.label} {quantity.shown}",
                    path=quantity.path,
                    claimed=given.words,
                )
    return unsupported("an effect is guaranteed, and nothing registered bears it", claimed=given.words)
