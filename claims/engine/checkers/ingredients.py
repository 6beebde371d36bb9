"""零添加, 不含X, 纯天然, 百分百果汁: the ingredient list decides."""

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported


def judge_zero(given: JudgeInput) -> Judgement:
    """零添加, 不含X: the ingredient list decides."""
    passport = given.passport
    if passport is None or not passport.ingredients:
        return (
            unsupported(
                "no ingredient list is registered that proves it",
                claimed=given.words,
                factor=given.factors.ingredients_unregistered,
            )
            if passport
            else out_of_scope("the product is not known")
        )
    words = given.words
    denial = given.policy.additives.denied(words)
    if denial in given.policy.additives.file.untold:
        return unsupported(
            "no list of ingredients tells of it", claimed=words, factor=given.factors.ingredients_unregistered
        )
    shown = "、".join(passport.ingredients)
    named = next((i for i in passport.ingredients if given.policy.additives.is_named_by(denial, i)), None)
    if named is not None:
        return contradicted(f"{named} is in the list", registered=shown, path="ingredients", claimed=words)
    if (
        denial == given.policy.additives.file.otherwise
        and len(passport.ingredients) > 6
        and passport.in_category("cosmetics")
    ):
        return unsupported("a cosmetic of many ingredients is never without additives", claimed=words)
    return supported("the ingredient list agrees", registered=shown, path="ingredients", claimed=words)


def judge_natural(given: JudgeInput) -> Judgement:
    """纯天然, 百分百果汁: the ingredient list or a registered share decides."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    words, wording = given.words, given.wording.ingredients
    of_nature = wording.of_nature.any_in(words)
    share = next(
        (
            q
            for q in passport.quantities
            if q.dimension == "share" and wording.shares.any_in(q.label) and q.canonical_high is not None
        ),
        None,
    )
    if share is not None and share.canonical_high is not None and share.canonical_high < 99 and not of_nature:
        return contradicted(
            "a lower share is registered", registered=f"{share.label} {share.shown}", path=share.path, claimed=words
        )
    if passport.materials and not passport.ingredients:
        return out_of_scope("a material claim")
    shown = "、".join(passport.ingredients)
    additives = given.policy.additives
    denials = (additives.file.otherwise, additives.file.chemical)
    chemical = next((i for i in passport.ingredients for d in denials if additives.is_named_by(d, i)), None)
    if chemical is not None:
        return contradicted(f"{chemical} is in the list", registered=shown, path="ingredients", claimed=words)
    if len(passport.ingredients) == 1:
        return supported("one ingredient only", registered=shown, path="ingredients", claimed=words)
    if len(passport.ingredients) > 1 and not of_nature:
        return contradicted("more than one ingredient is listed", registered=shown, path="ingredients", claimed=words)
    return unsupported("nothing registered proves it", claimed=words)
