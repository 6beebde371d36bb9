"""Grades, dates, promises, green claims and platform facts against what is registered."""

import re
from datetime import timedelta
from decimal import Decimal

from claims.judges.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.numbers import Number
from claims.units import Quantity, plain

_TREATED = ("b货", "c货", "b+c", "染色", "注胶", "充填", "优化", "处理", "翻新", "refurbished", "二手", "加热", "人工", "养殖", "机制", "机器", "精炼", "合成", "培育")
_UNTREATED = ("未见", "无处理", "未经", "天然")


_STATED = re.compile(r"^(是|属于|达到|评的|定的|标的)(国家)?")


def _quantity(given: JudgeInput, dimension: str) -> Quantity | None:
    return next((q for q in given.window.quantities if q.dimension == dimension and given.candidate.start <= q.start < given.candidate.end), None)


def _number(given: JudgeInput) -> Number | None:
    return next((n for n in given.window.numbers if given.candidate.start <= n.start < given.candidate.end), None)


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
    grade_texts = [(path, text) for path, text in sources if text and (path in {"grade", "treatment"} or any(k in path for k in ("grade", "treatment", "condition", "type", "process", "origin_type", "craft", "variety")))]
    treated = next(((path, text) for path, text in grade_texts if any(t in text.lower() for t in _TREATED) and not any(u in text for u in _UNTREATED)), None)
    about_treatment = any(w in word for w in ("天然", "a货", "处理", "优化", "无烧", "注胶", "未拆", "全新", "手工", "野生", "散养", "初榨", "冷榨", "原封", "压榨"))
    if treated is not None and about_treatment:
        return contradicted("another treatment is registered", registered=treated[1], path=treated[0], claimed=word)
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
    return unsupported("no such grade is registered", claimed=word, factor=0.9)


def judge_shelf_life(given: JudgeInput) -> Judgement:
    """A spoken shelf life against the registered one, in days."""
    passport = given.passport
    said = _quantity(given, "time")
    if passport is None or said is None:
        return out_of_scope("nothing to compare")
    entry = next((q for q in passport.quantities if q.dimension == "time" and ("保质" in q.label or "shelf" in q.key)), None)
    if entry is None or entry.canonical_high is None:
        return out_of_scope("no shelf life is registered")
    shown = f"保质期 {entry.shown}"
    if said.canonical_low <= entry.canonical_high * Decimal("1.04") and ("放" in given.words or said.canonical_high >= entry.canonical_high * Decimal("0.96")):
        return supported("the registered shelf life", registered=shown, path=entry.path, claimed=given.words)
    return contradicted("another shelf life is registered", registered=shown, path=entry.path, claimed=given.words)


def judge_freshness(given: JudgeInput) -> Judgement:
    """刚下线, 今年新茶: against the production date, on the day of the broadcast."""
    passport = given.passport
    if passport is None or passport.production_date is None:
        return out_of_scope("no production date is registered")
    age = given.at.date() - passport.production_date
    shown = f"生产日期 {passport.production_date}"
    words = given.words
    if "今年" in words or "当季" in words or "新茶" in words or "新米" in words or "明前" in words:
        limit = timedelta(days=366 if "今年" not in words else (given.at.date() - given.at.date().replace(month=1, day=1)).days)
        if "明前" in words and passport.production_date.month > 4:
            return contradicted("made later in the year", registered=shown, path="production_date", claimed=words)
    elif any(w in words for w in ("上个月", "这个月", "本月")):
        limit = timedelta(days=62)
    elif any(w in words for w in ("上周", "这周", "上星期", "最新", "新鲜", "新货")):
        limit = timedelta(days=31)
    else:
        limit = timedelta(days=10)
    if age <= limit:
        return supported("agrees with the production date", registered=shown, path="production_date", claimed=words)
    return contradicted("made earlier", registered=shown, path="production_date", claimed=words)


def judge_vintage(given: JudgeInput) -> Judgement:
    """三年陈酿, 十五年老酒: against registered ageing or vintage."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    said, number = _quantity(given, "time"), _number(given)
    entry = next((q for q in passport.quantities if q.dimension == "time" and any(k in q.label for k in ("陈", "窖", "酒龄", "年份", "基酒", "树龄", "藏"))), None)
    if said is not None and entry is not None and entry.canonical_high is not None:
        if said.canonical_low <= entry.canonical_high * Decimal("1.03"):
            return supported("the registered age", registered=f"{entry.label} {entry.shown}", path=entry.path, claimed=given.words)
        return contradicted("younger than claimed", registered=f"{entry.label} {entry.shown}", path=entry.path, claimed=given.words)
    if passport.vintage is not None:
        years = given.at.year - passport.vintage
        claimed_years = said.canonical_low / 365 if said is not None else number.low if number is not None else None
        if claimed_years is None:
            return out_of_scope("no year was said")
        if claimed_years == passport.vintage or claimed_years <= years + 1:
            return supported("agrees with the vintage", registered=str(passport.vintage), path="vintage", claimed=given.words)
        return contradicted("another vintage is registered", registered=str(passport.vintage), path="vintage", claimed=given.words)
    text = next((t for t in passport.texts if any(k in t.label for k in ("陈", "窖", "年份", "基酒"))), None)
    if text is not None and number is not None and plain(number.low) in text.text:
        return supported("the registered age", registered=text.text, path=text.path, claimed=given.words)
    if passport.in_category("alcohol", "food"):
        return unsupported("no age is registered", claimed=given.words)
    return out_of_scope("not a thing that ages")


def judge_warranty(given: JudgeInput) -> Judgement:
    """A warranty against the registered one."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    entries = [q for q in passport.quantities if q.dimension == "time" and (q.path == "warranty" or "warranty" in q.key or "保" in q.label and "质期" not in q.label)]
    shown = passport.warranty or ", ".join(f"{q.label} {q.shown}" for q in entries)
    path = entries[0].path if entries else "warranty"
    lifelong = any(w in given.words for w in ("终身", "一辈子", "永久", "终生"))
    if lifelong:
        if any(w in (shown or "") for w in ("终身", "永久")):
            return supported("registered", registered=shown, path=path, claimed=given.words)
        if shown:
            return contradicted("a shorter warranty is registered", registered=shown, path=path, claimed=given.words)
        return unsupported("no such warranty is registered", claimed=given.words)
    said = _quantity(given, "time")
    if said is None:
        return out_of_scope("no term was said")
    if not entries:
        return unsupported("no warranty is registered", claimed=given.words, factor=0.85) if not shown else out_of_scope("the registered warranty has no term")
    for entry in entries:
        if entry.canonical_high is not None and said.canonical_low <= entry.canonical_high * Decimal("1.03"):
            return supported("within the registered warranty", registered=shown, path=entry.path, claimed=given.words)
    return contradicted("longer than registered", registered=shown, path=path, claimed=given.words)


def judge_refund(given: JudgeInput) -> Judgement:
    """A return or compensation promise beyond the registered policy."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    policy = passport.return_policy
    said = _quantity(given, "time")
    texts = [policy or "", *(t.text for t in passport.texts if any(k in t.label + t.key for k in ("退", "return", "售后", "赔"))), *(p.text for p in passport.permitted)]
    shown = next((t for t in texts if t), None)
    number = _number(given)
    if shown and (given.words in shown or (said is not None and number is not None and plain(number.low) in shown)):
        return supported("registered", registered=shown, path="return_policy", claimed=given.words)
    if shown:
        return contradicted("beyond the registered policy", registered=shown, path="return_policy", claimed=given.words)
    return unsupported("no such promise is registered", claimed=given.words, factor=0.9)


def judge_gift(given: JudgeInput) -> Judgement:
    """A gift against the registered gift list; a vague gift with a value is unsupported."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    texts = [*passport.gifts, *(t.text for t in passport.texts if any(k in t.label + t.key for k in ("赠", "gift")))]
    shown = "、".join(texts)
    path = "gift_list" if passport.gifts else "attributes.gift"
    vague = any(w in given.words for w in ("神秘", "大礼", "豪礼", "好礼", "惊喜"))
    if not texts:
        if vague and any(w in given.words for w in ("价值", "值", "市价")):
            return unsupported("kind and value of the gift are not stated", claimed=given.words)
        return out_of_scope("no gift list is registered")
    nouns = given.slot_words("gift_noun")
    if nouns and any(n in shown for n in nouns):
        number = _number(given)
        listed = [c for c in shown if c.isdigit()]
        if number is not None and listed and plain(number.low) not in shown and number.low > 1:
            return contradicted("another amount is registered", registered=shown, path=path, claimed=given.words)
        return supported("registered", registered=shown, path=path, claimed=given.words)
    return contradicted("not the registered gift", registered=shown, path=path, claimed=given.words)


def judge_green(given: JudgeInput) -> Judgement:
    """Energy grade, formaldehyde, coating, food grade: against label, report or registered value."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    kind = given.candidate.rule.rule.params.get("kind", "")
    words = given.words
    find = {"grade": ("能效", "水效"), "formaldehyde": ("甲醛", "TVOC"), "coating": ("涂层",)}.get(kind)
    stems = find or tuple(w for w in ("食品级", "母婴级", "可降解", "降解", "a类", "抗菌", "抑菌", "防辐射", "荧光", "阻燃", "e0", "enf", "省电", "节能", "省水") if w in words)
    entries = [(t.path, f"{t.label} {t.text}") for t in passport.texts] + [(q.path, f"{q.label} {q.shown}") for q in passport.quantities]
    entries += [(p.path, p.text) for p in passport.permitted] + [(c.path, f"{c.number} {c.scope}") for c in passport.certificates]
    related = [(path, text) for path, text in entries if any(s.lower() in text.lower() for s in stems)]
    if kind == "grade":
        grade = next((g for g in ("一级", "二级", "三级", "1级", "2级", "3级") if g in words), "")
        digit = {"一": "1", "二": "2", "三": "3"}.get(grade[:1], grade[:1])
        for path, text in related:
            tail = text.split(" ", 1)[-1]
            if digit and (digit in tail or grade in tail):
                return supported("the registered grade", registered=text, path=path, claimed=words)
        if related:
            return contradicted("another grade is registered", registered=related[0][1], path=related[0][0], claimed=words)
        return unsupported("no energy label is registered", claimed=words)
    if kind == "formaldehyde" and related:
        if any(w in related[0][1] for w in ("未检出", "无醛", " 0 ")):
            return supported("none was found", registered=related[0][1], path=related[0][0], claimed=words)
        return contradicted("a value above zero is registered", registered=related[0][1], path=related[0][0], claimed=words)
    if kind == "coating" and related:
        if any(w in related[0][1] for w in ("无涂层", "无", "不含")):
            return supported("registered without coating", registered=related[0][1], path=related[0][0], claimed=words)
        return contradicted("a coating is registered", registered=related[0][1], path=related[0][0], claimed=words)
    if kind == "green" and related:
        if "a类" in words and not any("a类" in text.lower() for _, text in related):
            return contradicted("another class is registered", registered=related[0][1], path=related[0][0], claimed=words)
        return supported("registered", registered=related[0][1], path=related[0][0], claimed=words)
    if "a类" in words:
        other = next(((path, text) for path, text in entries if any(c in text.lower() for c in ("b类", "c类"))), None)
        if other is not None:
            return contradicted("another class is registered", registered=other[1], path=other[0], claimed=words)
    if related and any(w in words for w in ("永久", "永远", "终身")):
        return contradicted("a measured limit is registered", registered=related[0][1], path=related[0][0], claimed=words)
    return unsupported("no label or report is registered for it", claimed=words)


_ADDITIVES = {
    "防腐剂": ("山梨酸", "苯甲酸", "苯氧乙醇", "脱氢乙酸", "羟苯", "尼泊金", "甲基异噻唑", "丙酸钙", "双乙酸钠", "纳他霉素", "防腐"),
    "香精": ("香精", "香料"),
    "色素": ("色素", "胭脂", "柠檬黄", "日落黄", "亮蓝", "苋菜红", "诱惑红", "ci 1", "焦糖色"),
    "糖": ("白砂糖", "蔗糖", "果葡糖浆", "葡萄糖", "麦芽糖", "冰糖", "红糖", "蜂蜜", "糖浆", "果糖", "浓缩果汁", "白糖", "赤砂糖"),
    "蔗糖": ("白砂糖", "蔗糖", "冰糖", "红糖", "白糖", "赤砂糖"),
    "酒精": ("乙醇", "酒精", "变性乙醇"),
    "硅油": ("聚二甲基硅氧烷", "硅氧烷", "硅油"),
    "添加": ("山梨酸", "苯甲酸", "苯氧乙醇", "香精", "色素", "甜味", "糖精", "安赛蜜", "阿斯巴甜", "三氯蔗糖", "卡拉胶", "黄原胶", "谷氨酸钠", "味精", "增稠", "柠檬酸", "碳酸氢钠", "焦糖色", "磷酸", "亚硝酸", "果胶", "单甘酯", "酸钾", "酸钠", "麦芽糊精", "乳化"),
    "水": ("水", "纯净水", "饮用水"),
    "化学": ("苯氧乙醇", "丁二醇", "甘油", "酯", "酸", "醇", "钠", "硅氧烷"),
    "淀粉": ("淀粉",),
    "甜味剂": ("安赛蜜", "阿斯巴甜", "三氯蔗糖", "赤藓糖醇", "甜菊", "糖精", "木糖醇"),
    "荧光": ("荧光",),
    "谷物": ("玉米", "小麦", "大米", "谷", "燕麦"),
    "植脂末": ("植脂末", "氢化植物油"),
    "奶精": ("植脂末", "氢化植物油", "奶精"),
}


def judge_zero(given: JudgeInput) -> Judgement:
    """零添加, 不含X: the ingredient list decides."""
    passport = given.passport
    if passport is None or not passport.ingredients:
        return unsupported("no ingredient list is registered that proves it", claimed=given.words, factor=0.9) if passport else out_of_scope("the product is not known")
    words = given.words
    stem = next((s for s in ("防腐剂", "防腐", "蔗糖", "香精", "色素", "酒精", "硅油", "淀粉", "甜味剂", "荧光", "谷物", "植脂末", "奶精", "化学", "糖", "水") if s in words), "添加")
    forbidden = _ADDITIVES.get({"防腐": "防腐剂"}.get(stem, stem), (stem,))
    shown = "、".join(passport.ingredients)
    for ingredient in passport.ingredients:
        if stem == "水" and ingredient not in {"水", "饮用水", "纯净水", "纯化水", "生活饮用水"}:
            continue
        if any(f in ingredient.lower() for f in forbidden):
            return contradicted(f"{ingredient} is in the list", registered=shown, path="ingredients", claimed=words)
    if stem == "添加" and len(passport.ingredients) > 6 and passport.in_category("cosmetics"):
        return unsupported("a cosmetic of many ingredients is never without additives", claimed=words)
    return supported("the ingredient list agrees", registered=shown, path="ingredients", claimed=words)


def judge_natural(given: JudgeInput) -> Judgement:
    """纯天然, 百分百果汁: the ingredient list or a registered share decides."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    words = given.words
    share = next((q for q in passport.quantities if q.dimension == "share" and any(k in q.label for k in ("果汁", "含量", "原汁", "肉", "浓度")) and q.canonical_high is not None), None)
    if share is not None and share.canonical_high is not None and share.canonical_high < 99 and not any(w in words for w in ("天然", "植物")):
        return contradicted("a lower share is registered", registered=f"{share.label} {share.shown}", path=share.path, claimed=words)
    if passport.materials and not passport.ingredients:
        return out_of_scope("a material claim")
    shown = "、".join(passport.ingredients)
    chemical = next((i for i in passport.ingredients if any(f in i for f in _ADDITIVES["添加"] + _ADDITIVES["化学"])), None)
    if chemical is not None:
        return contradicted(f"{chemical} is in the list", registered=shown, path="ingredients", claimed=words)
    if len(passport.ingredients) == 1:
        return supported("one ingredient only", registered=shown, path="ingredients", claimed=words)
    if passport.ingredients and not any(w in words for w in ("天然", "植物")) and len(passport.ingredients) > 1:
        return contradicted("more than one ingredient is listed", registered=shown, path="ingredients", claimed=words)
    return unsupported("nothing registered proves it", claimed=words)


_DAY_MS = 86_400_000
_DEADLINE_SLACK_MS = 600_000


def _deadline(given: JudgeInput, end_ms: float, shown: str, path: str) -> Judgement:
    """A spoken deadline against the end of the promotion, in ms on the stream clock."""
    said = _quantity(given, "time")
    limit_ms = float(said.canonical_high) * _DAY_MS * 1.5 if said is not None else float(_DAY_MS)
    if end_ms - given.at_ms > limit_ms + _DEADLINE_SLACK_MS:
        return contradicted("the promotion goes on for longer", registered=shown, path=path, claimed=given.words)
    return supported("the promotion's end agrees", registered=shown, path=path, claimed=given.words)


def judge_fact(given: JudgeInput) -> Judgement:
    """Stock, sales, viewers, rating, AI label: only a fact of the platform can contradict it; else a note."""
    wanted = given.candidate.rule.rule.params.get("fact")
    fact = next((f for f in reversed(given.facts) if f.kind == wanted and f.at_ms <= given.at_ms and (f.product_id is None or given.passport is None or f.product_id == given.passport.id)), None)
    if fact is None:
        fact = next((f for f in given.facts if f.kind == wanted and (f.product_id is None or given.passport is None or f.product_id == given.passport.id)), None)
    number = _number(given)
    if fact is None:
        return unsupported("no platform fact was supplied", claimed=given.words, note_only=True)
    shown, path = f"{fact.kind} {fact.value}", f"facts.{fact.kind}"
    if wanted == "ai_label":
        if fact.value is True:
            return contradicted("the presenter is labelled as generated", registered=shown, path=path, claimed=given.words)
        return unsupported("nothing is known of a generated presenter", claimed=given.words, note_only=True)
    if wanted == "promo_end" and isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
        return _deadline(given, float(fact.value), shown, path)
    if number is None or not isinstance(fact.value, int | float) or isinstance(fact.value, bool):
        return unsupported("nothing to compare", claimed=given.words, note_only=True)
    value = Decimal(str(fact.value))
    if wanted == "stock":
        wrong = value > max(number.high * Decimal("1.5"), number.high + 5)
    elif wanted == "rating":
        wrong = number.low > value + 1
    else:
        wrong = number.low > value * Decimal("1.2") + 1
    if wrong:
        return contradicted("the platform's own figure differs", registered=shown, path=path, claimed=given.words)
    return supported("the platform's figure agrees", registered=shown, path=path, claimed=given.words)
