"""Claims that documents prove: certificates, patents, awards, endorsers, studies and ranks."""

import re

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.wording import permitted_words
from claims.passports.identifiers import patent_is_valid
from claims.passports.passport import Certificate, Passport
from claims.policy.schema import CertificateKind
from claims.types import VerdictKind

_PATENT_KINDS = ("发明", "实用新型", "外观")
_PATENT_NUMBER = re.compile(r"zl ?[\d ]{12,17}\.?[\dx]")


def judge_certificate(given: JudgeInput) -> Judgement:
    """A certificate that is claimed must be registered and valid on the day."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    kinds = _kinds(given)
    if not kinds:
        return out_of_scope("no certificate was named")
    day = given.at.date()
    missing: list[str] = []
    seldom = True
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
        if _is_own_category(passport, word):
            continue
        missing.append(word)
        seldom = seldom and kind.registered_seldom
    if not missing:
        return supported(
            "registered and valid",
            claimed=given.words,
            path="certificates",
            registered=", ".join(c.number or c.scheme for c in passport.certificates),
        )
    if all(kind.id in {"organic"} for _, kind in kinds) and any("有机" in i for i in passport.ingredients):
        return supported("organic ingredients are listed", claimed=given.words)
    if _wrong_category(passport, kinds):
        return contradicted(
            "the product is of another category", registered=passport.category, path="category", claimed=missing[0]
        )
    if passport.certificates:
        shown = ", ".join(f"{c.scheme} {c.number}".strip() for c in passport.certificates)
        return Judgement(
            verdict=VerdictKind.UNSUPPORTED,
            why="not among the registered certificates",
            registered=shown,
            path="certificates",
            claimed=missing[0],
            note_only=seldom,
        )
    return unsupported(
        "no such certificate is registered", claimed=missing[0], note_only=seldom or given.shown is not None
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
    if not found and "认证" in given.words:
        found = [
            (
                given.words,
                next(
                    k
                    for k in given.policy.certificates
                    if k.id == ("eu" if "欧" in given.words else "fda" if "美" in given.words else "any")
                ),
            )
        ]
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
    needs = {"health_food": "health_food/", "device": "medical_device/", "drug": "drug/"}
    return any(kind.id in needs and not passport.in_category(needs[kind.id]) for _, kind in kinds)


_CATEGORY_NAMES = {"保健食品": "health_food", "医疗器械": "medical_device", "特殊化妆品": "cosmetics/special"}


def _is_own_category(passport: Passport, word: str) -> bool:
    """True where the word says no more than what kind of goods it is: 这是保健食品 of a health food."""
    category = _CATEGORY_NAMES.get(word)
    return category is not None and passport.in_category(category)


def judge_patent(given: JudgeInput) -> Judgement:
    """A patent must be granted, of the kind claimed, and its number and kind said or shown (广告法 12)."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    left, right = given.window.sentence(given.candidate.start, given.candidate.end)
    around = given.window.text[left:right]
    patents = [c for c in passport.certificates if c.scheme == "PATENT"]
    valid = [c for c in patents if c.valid_on(given.at.date())]
    if any(w in around for w in ("正在申请", "申请中", "申请了", "已经申请", "在申请", "受理")):
        return unsupported("an application is no patent", claimed=given.words)
    if not patents:
        complete = given.shown is not None and any(kind in around for kind in _PATENT_KINDS)
        return unsupported("no patent is registered", claimed=given.words, note_only=complete)
    if not valid:
        return contradicted(
            "the patent has ended",
            registered=f"{patents[0].number} – {patents[0].valid_to}",
            path=patents[0].path,
            claimed=given.words,
        )
    shown = ", ".join(f"{c.number} {c.scope}".strip() for c in valid)
    kinds = " ".join([*(c.scope for c in valid), *(t.text for t in passport.texts if "专利" in t.label)])
    kind = next((k for k in _PATENT_KINDS if k in given.words or k in around), None)
    if kind and kind not in kinds and kinds.strip() and f"不是{kind}" not in around and f"不是什么{kind}" not in around:
        return contradicted("of another kind", registered=shown, path=valid[0].path, claimed=given.words)
    number = _PATENT_NUMBER.search(around)
    if number is not None:
        digits = number[0].replace(" ", "").upper()
        if patent_is_valid(digits) and any(c.number.replace(" ", "") == digits for c in valid):
            return supported("number and grant agree", registered=shown, path=valid[0].path, claimed=given.words)
    boasts = any(
        w in around for w in ("好几项", "多项", "几项", "国家", "独家", "技术", "堆", "加持", "抄", "全球", "国际")
    )
    stated = kind and kind in kinds and not boasts
    if number is not None or any(w in around for w in ("专利号", "证书", "编号")) or stated:
        return supported("granted, kind stated", registered=shown, path=valid[0].path, claimed=given.words)
    return unsupported("number and kind are not stated", claimed=given.words, factor=0.85)


def judge_award(given: JudgeInput) -> Judgement:
    """An honour must be registered; an age claimed must agree with the brand's founding year."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    texts = [
        *passport.awards,
        *(p.text for p in passport.permitted),
        *(c.scope for c in passport.certificates if c.scheme == "OTHER"),
        *(
            t.text
            for t in passport.texts
            if any(k in t.label + t.key for k in ("荣誉", "award", "奖", "称号", "honor", "非遗", "老字号"))
        ),
    ]
    cores = [
        w
        for w in (
            "老字号",
            "非遗",
            "非物质文化遗产",
            "金奖",
            "银奖",
            "质量奖",
            "红点",
            "if",
            "米其林",
            "大奖",
            "奖",
            "十大",
            "百年",
        )
        if w in given.words
    ]
    left, right = given.window.sentence(given.candidate.start, given.candidate.end)
    sentence = given.window.text[left:right]
    for text in texts:
        if any(core in text.lower() for core in cores) or (len(text) >= 4 and text.lower() in sentence):
            return supported("a registered honour", registered=text, path="awards", claimed=given.words)
    if passport.brand_since is not None and any(w in given.words for w in ("百年", "老字号", "祖传", "世家", "代传")):
        return contradicted(
            "the brand is younger", registered=f"{passport.brand_since}", path="brand_since", claimed=given.words
        )
    return unsupported(
        "no such honour is registered", claimed=given.words, note_only=not texts and given.shown is not None
    )


def judge_endorser(given: JudgeInput) -> Judgement:
    """Celebrities must be registered endorsers; the reviewed categories may have none."""
    passport = given.passport
    if passport is not None and passport.in_category("health_food", "drug", "medical_device"):
        return unsupported("no endorser is allowed for this category", claimed=given.words)
    listed = list(passport.endorsers) if passport else []
    if passport:
        listed += [t.text for t in passport.texts if "代言" in t.label or "endors" in t.key]
    if listed and "代言" in given.words:
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
            and _within_scope(scope, sentence)
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


_LIMITS = ("体外", "单一", "一种", "菌株", "株", "离体", "例", "人份", "次洗涤", "小时")


def _within_scope(scope: str, sentence: str) -> bool:
    """False where the report covers less than was said: its limits must be said too."""
    return all(limit in sentence for limit in _LIMITS if limit in scope)


def _spoken_numbers(given: JudgeInput) -> list[str]:
    return [
        str(n.value.normalize())
        for n in given.window.numbers
        if given.candidate.start <= n.start < given.candidate.end and n.value >= 2
    ]
