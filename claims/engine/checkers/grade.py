"""Grade, authenticity and treatment against what is registered."""

import re

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported

_TREATED = (
    "b货",
    "c货",
    "b+c",
    "染色",
    "注胶",
    "充填",
    "优化",
    "处理",
    "翻新",
    "refurbished",
    "二手",
    "加热",
    "人工",
    "养殖",
    "机制",
    "机器",
    "精炼",
    "合成",
    "培育",
)


_UNTREATED = ("未见", "无处理", "未经", "天然")


_STATED = re.compile(r"^(?:是|属于|达到|评的|定的|标的)(?:国家)?|(?:的|的货|货|品质|的茶|茶)$")


def judge_grade(given: JudgeInput) -> Judgement:
    """A grade, authenticity or treatment must be the registered one."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    word = _STATED.sub("", given.words)
    sources = [(t.path, t.text) for t in passport.texts]
    sources += [("grade", passport.grade or ""), ("treatment", passport.treatment or ""), ("name", passport.name)]
    sources += [(p.path, p.text) for p in passport.permitted] + [(c.path, c.scope) for c in passport.certificates]
    sources += [(m.path, m.name) for m in passport.materials] + [("standards", s) for s in passport.standards]
    sources += [("ingredients", i) for i in passport.ingredients]
    core = word.removeprefix("天然").removeprefix("纯").removeprefix("全") or word
    grade_texts = [
        (path, text)
        for path, text in sources
        if text
        and (
            path in {"grade", "treatment"}
            or any(
                k in path
                for k in ("grade", "treatment", "condition", "type", "process", "origin_type", "craft", "variety")
            )
        )
    ]
    treated = next(
        (
            (path, text)
            for path, text in grade_texts
            if any(t in text.lower() for t in _TREATED) and not any(u in text for u in _UNTREATED)
        ),
        None,
    )
    about_treatment = any(
        w in word
        for w in (
            "天然",
            "a货",
            "处理",
            "优化",
            "无烧",
            "注胶",
            "未拆",
            "全新",
            "手工",
            "野生",
            "散养",
            "初榨",
            "冷榨",
            "原封",
            "压榨",
        )
    )
    if treated is not None and about_treatment:
        return contradicted("another treatment is registered", registered=treated[1], path=treated[0], claimed=word)
    if any(len(text) >= 2 and text.lower() in word for _, text in grade_texts):
        path, text = next((p, t) for p, t in grade_texts if len(t) >= 2 and t.lower() in word)
        return supported("the registered grade", registered=text, path=path, claimed=word)
    for path, text in sources:
        if text and (word in text.lower() or (len(core) >= 2 and core in text.lower())):
            return supported("the registered grade", registered=text, path=path, claimed=word)
    if any(w in word for w in ("处理", "优化", "无烧", "注胶", "a货")):
        clean = next(((path, text) for path, text in sources if any(u in text for u in _UNTREATED)), None)
        if clean is not None:
            return supported("no treatment was found", registered=clean[1], path=clean[0], claimed=word)
    if grade_texts:
        path, text = grade_texts[0]
        return contradicted("another grade is registered", registered=text, path=path, claimed=word)
    return unsupported("no such grade is registered", claimed=word, factor=0.9, note_only=given.shown is not None)
