"""What goods are made of: materials with their kinds, shares, ingredient lists, nutrients."""

from decimal import Decimal

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.passports.passport import Material, Passport, RegisteredQuantity
from claims.policy.wording_of_goods import IngredientsWording
from claims.text.numbers import Number
from claims.text.spell import fuzzy, spell
from claims.text.units import Quantity, plain

_FIBRE_ROUNDING = Decimal("1")
_WHOLE = Decimal(100)
_LEAST_BARE = Decimal(10)
_NOT_FOR = ("food/", "health_food/", "infant_formula/", "cosmetics/", "drug/", "alcohol/", "course/", "pet/", "fsmp/")


def judge_composition(given: JudgeInput) -> Judgement:
    """A material claim against the registered materials of the part that is meant."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    if passport.in_category(*_NOT_FOR):
        return out_of_scope("not a thing made of these materials")
    words = [
        w
        for s in given.candidate.match.slots
        for w in [given.window.text[s.start : s.end]]
        if given.policy.materials.identify(w) and s.concept in {"material_word", "pure_material"}
    ]
    if not words:
        return out_of_scope("no material was named")
    claimed_id = given.policy.materials.identify(words[0])
    if claimed_id is None:
        return out_of_scope("no material was named")
    materials = _meant_part(passport, given)
    if not any(_fits(given, material, claimed_id, words[0]) for material in materials):
        named = next((t for t in passport.texts if words[0] in t.text), None)
        if named is not None:
            return supported("named in the passport", registered=named.text, path=named.path, claimed=given.words)
    if not materials:
        entries = given.wording.materials.entries
        material_text = next((t for t in passport.texts if entries.any_in(t.label + t.key)), None)
        if material_text is not None:
            known = given.policy.materials.identify(material_text.text)
            if known is not None and not given.policy.materials.related(known, claimed_id):
                return contradicted(
                    "another material is registered",
                    registered=material_text.text,
                    path=material_text.path,
                    claimed=given.words,
                )
            return (
                out_of_scope("the registered text does not decide it")
                if known is None
                else supported("the registered material", registered=material_text.text, path=material_text.path)
            )
        return unsupported("no material is registered", claimed=given.words, factor=given.factors.material_unregistered)
    if given.candidate.rule.rule.params.get("kind") == "share":
        return _share(given, materials, claimed_id, words[0])
    return _kind(given, materials, claimed_id, words[0])


def _meant_part(passport: Passport, given: JudgeInput) -> tuple[Material, ...]:
    left, right = given.window.clause(given.candidate.start, given.candidate.end)
    clause = given.window.text[left:right]
    parts = {m.part for m in passport.materials}
    if len(parts) > 1:
        for part in parts:
            cues = (*given.wording.materials.names_of(part), part)
            if any(cue in clause for cue in cues):
                return tuple(m for m in passport.materials if m.part == part)
    return passport.materials


def _shown(materials: tuple[Material, ...]) -> str:
    return ", ".join(f"{m.name} {plain(m.percent)}%" if m.percent is not None else m.name for m in materials)


def _fits(given: JudgeInput, material: Material, claimed: str, word: str) -> bool:
    if len(word) > 1 and material.name.startswith(word):
        return True
    known = given.policy.materials.identify(material.name)
    if known is None:
        known = next((i for a in material.aliases if (i := given.policy.materials.identify(a))), None)
    return known is not None and given.policy.materials.is_kind_of(known, claimed)


def _kind(given: JudgeInput, materials: tuple[Material, ...], claimed: str, word: str) -> Judgement:
    shown, path = _shown(materials), materials[0].path
    fitting = [m for m in materials if _fits(given, m, claimed, word)]
    pure = given.candidate.rule.rule.params.get("kind") == "pure"
    if not fitting:
        broader = [
            m
            for m in materials
            if (k := given.policy.materials.identify(m.name)) and given.policy.materials.is_kind_of(claimed, k)
        ]
        if broader and not pure:
            return unsupported(
                "only the broader material is registered", claimed=given.words, factor=given.factors.material_broader
            )
        if not any(given.policy.materials.identify(m.name) for m in materials):
            return out_of_scope("the registered materials are of another kind of thing")
        return contradicted("another material is registered", registered=shown, path=path, claimed=given.words)
    if not pure:
        return supported("a registered material", registered=shown, path=fitting[0].path, claimed=given.words)
    same_part = [m for m in materials if m.part in {f.part for f in fitting}]
    others = [m for m in same_part if m not in fitting]
    share = sum((m.percent or Decimal(0) for m in fitting), Decimal(0))
    if not others or share >= 95:
        if share and share < 95:
            return contradicted("not all of it", registered=shown, path=fitting[0].path, claimed=given.words)
        return supported("wholly of that material", registered=shown, path=fitting[0].path, claimed=given.words)
    return contradicted(
        "other materials are registered beside it", registered=shown, path=fitting[0].path, claimed=given.words
    )


def _share(given: JudgeInput, materials: tuple[Material, ...], claimed: str, word: str) -> Judgement:
    numbers = [n for n in given.window.numbers if given.candidate.start <= n.start < given.candidate.end]
    if not numbers:
        return out_of_scope("no share was said")
    before = next((n for n in given.window.numbers if n.end == given.candidate.start), None)
    said = before if before is not None and _said_fits(given, before, materials, claimed, word) else numbers[0]
    said = _own_share(given, said)
    if said.high > _WHOLE:
        return out_of_scope("no share: above a hundred")
    if said.high < _LEAST_BARE and not said.percent:
        return out_of_scope("no share: a few of something")
    fitting = [m for m in materials if _fits(given, m, claimed, word)]
    shown = _shown(materials)
    if not fitting:
        return contradicted(
            "this material is not registered",
            registered=shown,
            path=materials[0].path,
            claimed=f"{word} {plain(said.value)}%",
        )
    registered = [m.percent for m in fitting if m.percent is not None]
    if not registered:
        return unsupported("its share is not registered", claimed=given.words, factor=given.factors.share_unregistered)
    slack = _FIBRE_ROUNDING if said.kind == "exact" else Decimal(6)
    total = sum(registered, Decimal(0))
    if any(said.low - slack <= value <= said.high + slack for value in (*registered, total)):
        return supported("the registered share", registered=shown, path=fitting[0].path, claimed=given.words)
    if said.kind in {"at_least"} and total >= said.low:
        return supported("the registered share", registered=shown, path=fitting[0].path, claimed=given.words)
    return contradicted(
        "another share is registered", registered=shown, path=fitting[0].path, claimed=f"{word} {plain(said.value)}%"
    )


def _own_share(given: JudgeInput, said: Number) -> Number:
    """Where each share stands behind its material (棉78% 聚酯纤维20%), the one behind, not the one before."""
    if said.start != given.candidate.start:
        return said
    end = given.candidate.end
    return next((n for n in given.window.numbers if n.percent and 0 <= n.start - end <= 1), said)


def _said_fits(given: JudgeInput, number: Number, materials: tuple[Material, ...], claimed: str, word: str) -> bool:
    """True if the number right before the material is its registered share (七十羊毛)."""
    fitting = [m.percent for m in materials if m.percent is not None and _fits(given, m, claimed, word)]
    return any(number.low <= percent <= number.high for percent in fitting)


def _sounds_within(word: str, text: str) -> bool:
    """True if the word may have been said where the recogniser wrote other characters of its sound (风秘: 蜂蜜)."""
    sounds, size = tuple(fuzzy(s) for s in spell(word)), len(word)
    if len(sounds) != size:
        return False
    return any(tuple(fuzzy(s) for s in spell(text[at : at + size])) == sounds for at in range(len(text) - size + 1))


def judge_only_ingredient(given: JudgeInput) -> Judgement:
    """除了X啥也没有: the ingredient list must hold nothing else."""
    passport = given.passport
    if passport is None or not passport.ingredients:
        return out_of_scope("no ingredient list is registered")
    slots = given.candidate.match.slots
    left, right = slots[0].end, slots[-1].start
    named = given.window.text[left:right] if len(slots) > 1 else given.window.text[slots[0].end : slots[0].end + 8]
    named = named.strip(given.wording.ingredients.said_around)
    listed = [i.lower() for i in passport.ingredients]
    shown = "、".join(passport.ingredients)
    pieces = _pieces(named, given.wording.ingredients)
    rest = [i for i in listed if i not in named and not any(part in i for part in pieces)]
    if given.window.in_speech(left - 1):
        rest = [i for i in rest if not _sounds_within(i, named)]
    if not named:
        return out_of_scope("no ingredient was named")
    if not rest:
        return supported("the ingredient list says so", registered=shown, path="ingredients", claimed=given.words)
    return contradicted("more is in the ingredient list", registered=shown, path="ingredients", claimed=given.words)


def _pieces(named: str, wording: IngredientsWording) -> list[str]:
    parts = named
    for joint in wording.joined_by:
        parts = parts.replace(joint, ",")
    return [part for part in parts.split(",") if len(part) >= 2] or [named]


def judge_contains(given: JudgeInput) -> Judgement:
    """添加了X: X must be in the ingredient list, a material or a registered text."""
    passport = given.passport
    if passport is None or not (passport.ingredients or passport.materials):
        return out_of_scope("no ingredient list is registered")
    words = given.slot_words("ingredient_word")
    if not words:
        return out_of_scope("no ingredient was named")
    word = words[-1]
    everything = [
        *passport.ingredients,
        *(m.name for m in passport.materials),
        *(t.text for t in passport.texts),
        *(p.text for p in passport.permitted),
        passport.name,
        *(q.label for q in passport.quantities),
    ]
    if any(_same_ingredient(word, entry.lower(), given.wording.ingredients) for entry in everything):
        return supported("listed", registered="、".join(passport.ingredients) or None, path="ingredients", claimed=word)
    return contradicted(
        "not in the ingredient list",
        registered="、".join(passport.ingredients) or "、".join(m.name for m in passport.materials),
        path="ingredients",
        claimed=given.messages.contains.render(word=word),
        factor=given.factors.ingredient_unlisted,
    )


def _same_ingredient(word: str, entry: str, wording: IngredientsWording) -> bool:
    stem = word
    for boast in wording.boasts:
        stem = stem.removeprefix(boast)
    return stem in entry or any(synonym in entry for synonym in wording.synonyms.get(word, ()))


def judge_nutrient(given: JudgeInput) -> Judgement:
    """一片里头一千毫克维C: a nutrient's amount against the registered nutrition."""
    passport = given.passport
    words = given.slot_words("nutrient_word")
    _, right = given.window.clause(given.candidate.start, given.candidate.end)
    near = [
        q
        for q in given.window.quantities
        if given.candidate.start <= q.start < right + _NEXT_CLAUSE and q.dimension in _AMOUNTS
    ]
    quantity = next((q for q in near if q.start < given.candidate.end), None)
    if passport is None or not words or quantity is None:
        return out_of_scope("nothing to compare")
    word = words[0]
    entries = [
        r
        for r in passport.quantities
        if r.dimension == quantity.dimension
        and _names_nutrient(word, r.label.lower(), r.cues, given.wording.ingredients)
    ]
    if not entries:
        return out_of_scope("this nutrient's amount is not registered")
    for entry in entries:
        if any(_same_amount(q, entry) for q in near if q.dimension == entry.dimension):
            return supported(
                "the registered amount", registered=f"{entry.label} {entry.shown}", path=entry.path, claimed=given.words
            )
    entry = entries[0]
    return contradicted(
        "another amount is registered",
        registered=f"{entry.label} {entry.shown}{'/' + entry.condition if entry.condition else ''}",
        path=entry.path,
        claimed=f"{word} {plain(quantity.value)} {quantity.unit}",
    )


_AMOUNTS = frozenset({"mass", "food_energy", "share", "volume"})
_NEXT_CLAUSE = 8


def _same_amount(quantity: Quantity, entry: RegisteredQuantity) -> bool:
    if entry.canonical_low is None or entry.canonical_high is None:
        return False
    slack = Decimal("0.02") if quantity.kind == "exact" else Decimal("0.12")
    low, high = quantity.canonical_low * (1 - slack), quantity.canonical_high * (1 + slack)
    return low <= entry.canonical_high and entry.canonical_low <= high


def _names_nutrient(word: str, label: str, cues: tuple[str, ...], wording: IngredientsWording) -> bool:
    stem = _shortened(word.removesuffix(wording.amount), wording)
    return stem in _shortened(label, wording) or word in cues


def _shortened(name: str, wording: IngredientsWording) -> str:
    for whole, short in wording.short.items():
        name = name.replace(whole, short)
    return name
