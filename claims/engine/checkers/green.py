"""Energy grade, formaldehyde, coating, food grade: against label, report or registered value."""

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported


def judge_green(given: JudgeInput) -> Judgement:
    """Energy grade, formaldehyde, coating, food grade: against label, report or registered value."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    kind = given.candidate.rule.rule.params.get("kind", "")
    words = given.words
    find = {"grade": ("能效", "水效"), "formaldehyde": ("甲醛", "TVOC"), "coating": ("涂层",)}.get(kind)
    stems = find or tuple(
        w
        for w in (
            "食品级",
            "母婴级",
            "可降解",
            "降解",
            "a类",
            "抗菌",
            "抑菌",
            "防辐射",
            "荧光",
            "阻燃",
            "e0",
            "enf",
            "省电",
            "节能",
            "省水",
        )
        if w in words
    )
    entries = [(t.path, f"{t.label} {t.text}") for t in passport.texts] + [
        (q.path, f"{q.label} {q.shown}") for q in passport.quantities
    ]
    entries += [(p.path, p.text) for p in passport.permitted] + [
        (c.path, f"{c.number} {c.scope}") for c in passport.certificates
    ]
    related = [(path, text) for path, text in entries if any(s.lower() in text.lower() for s in stems)]
    if kind == "grade":
        grade = next((g for g in ("一级", "二级", "三级", "1级", "2级", "3级") if g in words), "")
        digit = {"一": "1", "二": "2", "三": "3"}.get(grade[:1], grade[:1])
        for path, text in related:
            tail = text.split(" ", 1)[-1]
            if digit and (digit in tail or grade in tail):
                return supported("the registered grade", registered=text, path=path, claimed=words)
        if related:
            return contradicted(
                "another grade is registered", registered=related[0][1], path=related[0][0], claimed=words
            )
        return unsupported("no energy label is registered", claimed=words, note_only=given.shown is not None)
    if kind == "formaldehyde" and related:
        if any(w in related[0][1] for w in ("未检出", "无醛", " 0 ")):
            return supported("none was found", registered=related[0][1], path=related[0][0], claimed=words)
        return contradicted(
            "a value above zero is registered", registered=related[0][1], path=related[0][0], claimed=words
        )
    if kind == "coating" and related:
        if any(w in related[0][1] for w in ("无涂层", "无", "不含")):
            return supported("registered without coating", registered=related[0][1], path=related[0][0], claimed=words)
        return contradicted("a coating is registered", registered=related[0][1], path=related[0][0], claimed=words)
    if kind == "green" and related:
        if "a类" in words and not any("a类" in text.lower() for _, text in related):
            return contradicted(
                "another class is registered", registered=related[0][1], path=related[0][0], claimed=words
            )
        return supported("registered", registered=related[0][1], path=related[0][0], claimed=words)
    if "a类" in words:
        other = next(((path, text) for path, text in entries if any(c in text.lower() for c in ("b类", "c类"))), None)
        if other is not None:
            return contradicted("another class is registered", registered=other[1], path=other[0], claimed=words)
    if related and any(w in words for w in ("永久", "永远", "终身")):
        return contradicted(
            "a measured limit is registered", registered=related[0][1], path=related[0][0], claimed=words
        )
    return unsupported(
        "no label or report is registered for it", claimed=words, note_only=kind == "green" and given.shown is not None
    )
