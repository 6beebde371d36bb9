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
from claims.types import VerdictKind

_SPECIAL_EFFECTS = {
    "祛斑": ("斑", "黑色素", "美白"),
    "美白": ("白", "暗黄", "黑回去", "不黑", "斑"),
    "防晒": ("晒", "紫外线", "spf", "pa+"),
    "防脱": ("脱", "掉发", "头发", "发际线", "发缝", "生发", "育发", "掉头发", "发量"),
    "染发": ("染发", "白发", "黑发", "变黑"),
    "烫发": ("烫发",),
}


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
    functions = _functions(passport)
    said = given.words
    for path, text in functions:
        if _same_function(said, text):
            return supported("within the approved function", registered=text, path=path, claimed=said)
    if functions:
        path, _ = functions[0]
        return beyond(
            "beyond the approved function", registered="; ".join(t for _, t in functions), path=path, claimed=said
        )
    read_out = given.cue_near("approval_read", 12) is not None and given.cue_near("approval_limits", 30) is not None
    return unsupported("no approved function is registered", claimed=said, note_only=read_out)


def _functions(passport: Passport) -> list[tuple[str, str]]:
    found = [(p.path, p.text) for p in passport.permitted]
    found += [
        (c.path, c.scope)
        for c in passport.certificates
        if c.scheme in {"HEALTH_FOOD_REG", "HEALTH_FOOD_FILING"} and c.scope
    ]
    found += [(t.path, t.text) for t in passport.texts if "功能" in t.label or "function" in t.key]
    return found


_FILLERS = "有助于更好强棒让增强提高提升改善调节促进维持辅助补充帮助缓解保护健康水平的你了一下能可以、,和"


def _same_function(said: str, approved: str) -> bool:
    """True if the meaningful characters of what was said all stand in the approved function."""
    core = [c for c in said if c not in _FILLERS]
    return bool(core) and all(c in approved for c in core)


def judge_health_food(given: JudgeInput) -> Judgement:
    """Health food beyond its approval: contradicted where an approved function is registered."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    functions = _functions(passport)
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
    said = given.words
    registered = registered_effects(passport)
    rule = given.candidate.rule.rule
    if rule.params.get("strength") == "special" or rule.id == "problem_gone":
        effect = next((e for e, words in _SPECIAL_EFFECTS.items() if any(w in said for w in words)), None)
        special = passport.held(("COSMETIC_SPECIAL",), given.at.date())
        overdone = rule.id == "problem_gone" and any(word in said for word in _OVERDONE)
        if effect and special and any(effect in text for _, text in registered) and not overdone:
            return supported(
                f"{effect} is registered",
                registered=f"{special.number} {special.scope}".strip(),
                path=special.path,
                claimed=said,
            )
        factor = 1.0
    else:
        stem = _effect_stem(said)
        for path, text in registered:
            if stem and stem in text and rule.id == "effect":
                return supported("the effect is filed", registered=text, path=path, claimed=said)
        factor = 1.0 if rule.id != "effect" or _strong_effect(said) else 0.7
    if registered:
        path, _ = registered[0]
        shown = "; ".join(dict.fromkeys(text for _, text in registered))
        return Judgement(
            verdict=VerdictKind.UNSUPPORTED,
            why="not among the registered effects",
            claimed=said,
            registered=f"permitted: {shown}",
            path=path,
            factor=factor,
        )
    filed = rule.params.get("strength") != "special" and given.cue_near("filing_read", 14) is not None
    return unsupported("no effect is registered or filed", claimed=said, factor=factor, note_only=filed)


_OVERDONE = (
    "消失",
    "没了",
    "全没",
    "全消",
    "掉光",
    "退光",
    "一扫光",
    "无影无踪",
    "看不见",
    "不见",
    "连根",
    "彻底",
    "永",
)
_PLAIN_EFFECTS = ("保湿", "补水", "滋养", "清洁", "舒缓", "控油", "提亮")


def _strong_effect(said: str) -> bool:
    return not any(word in said for word in _PLAIN_EFFECTS)


def _effect_stem(said: str) -> str:
    for word in (
        "抗皱",
        "紧致",
        "祛痘",
        "去痘",
        "控油",
        "修护",
        "修复",
        "舒缓",
        "保湿",
        "补水",
        "滋养",
        "去屑",
        "提亮",
        "去角质",
        "祛皱",
        "淡纹",
        "抗衰",
    ):
        if word in said:
            return {"去痘": "祛痘", "修复": "修护", "祛皱": "皱", "补水": "保湿"}.get(word, word)
    return said[:2]


def registered_effects(passport: Passport) -> list[tuple[str, str]]:
    """The effects that registration, filing or permitted claims name, with their paths."""
    found = [(p.path, p.text) for p in passport.permitted]
    found += [(c.path, c.scope) for c in passport.certificates if c.scheme.startswith("COSMETIC") and c.scope]
    found += [
        (t.path, t.text) for t in passport.texts if any(k in t.label + t.key for k in ("功效", "efficacy", "effect"))
    ]
    return found


def judge_guarantee(given: JudgeInput) -> Judgement:
    """Effect, speed or permanence asserted: saved only by a measured performance in the passport."""
    passport = given.passport
    if passport is not None:
        permitted = permitted_words(given)
        if permitted is not None:
            return permitted
        for text in passport.texts:
            stem = next((w for w in ("起球", "褪色", "变形", "防水", "抗菌", "掉色", "生锈") if w in given.words), None)
            if stem and (stem in text.label or stem in text.text):
                return contradicted(
                    "a measured value says otherwise",
                    registered=f"{text.label} {text.text}",
                    path=text.path,
                    claimed=given.words,
                )
        for quantity in passport.quantities:
            stem = next((w for w in ("起球", "耐磨", "抗菌", "防水") if w in given.words), None)
            if stem and stem in quantity.label:
                return contradicted(
                    "a measured value says otherwise",
                    registered=f"{quantity.label} {quantity.shown}",
                    path=quantity.path,
                    claimed=given.words,
                )
    return unsupported("an effect is guaranteed, and nothing registered bears it", claimed=given.words)
