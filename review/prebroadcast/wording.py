"""Lawful wording: what may be said instead of a claim, or what it takes to say it, from passport and policy alone."""

from datetime import date

from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Finding, VerdictKind
from review.prebroadcast.types import Wording
from review.presentation.catalogues import in_both

_MOST_PERMITTED = 3
SCHEMES: dict[str, tuple[str, str]] = {
    "CCC": ("强制性产品认证", "CCC certificate"),
    "HEALTH_FOOD_REG": ("保健食品注册证书", "health food registration"),
    "HEALTH_FOOD_FILING": ("保健食品备案凭证", "health food filing"),
    "INFANT_FORMULA_REG": ("婴幼儿配方乳粉产品配方注册证书", "infant formula registration"),
    "FSMP_REG": ("特殊医学用途配方食品注册证书", "registration as food for special medical purposes"),
    "FOOD_LICENCE_SC": ("食品生产许可证", "food production licence"),
    "COSMETIC_SPECIAL": ("特殊化妆品注册证", "special cosmetic registration"),
    "COSMETIC_FILING": ("化妆品备案", "cosmetic filing"),
    "DEVICE_REG": ("医疗器械注册证", "medical device registration"),
    "DEVICE_FILING": ("医疗器械备案凭证", "medical device filing"),
    "DRUG": ("药品注册证书", "drug registration"),
    "ORGANIC": ("有机产品认证证书", "organic certificate"),
    "AD_APPROVAL": ("广告审查批准文号", "approval of the advertisement"),
    "PATENT": ("专利证书", "patent"),
    "ENERGY_LABEL": ("能效标识备案", "energy label"),
    "GEM_REPORT": ("珠宝鉴定证书", "gem report"),
    "TEST_REPORT": ("检验检测报告", "test report"),
}


def wordings(finding: Finding, policy: Policy, passport: Passport | None, day: date) -> tuple[Wording, ...]:
    """What is advised on this finding, the most useful first."""
    advised: list[Wording] = []
    if finding.verdict is VerdictKind.CONTRADICTED and finding.registered:
        advised.append(
            Wording(
                zh=f"照登记的说：{finding.registered}（不说“{finding.claimed}”）",
                en=f'Say what is registered: {finding.registered} (not "{finding.claimed}")',
            )
        )
    # A word that a customer has watched is of no class of the policy.
    file = policy.class_files.get(finding.class_id)
    if finding.verdict is VerdictKind.UNSUPPORTED and file is not None:
        advised += _proof(tuple(s for s in file.supported_by.schemes if s in SCHEMES))
    if passport is not None and finding.verdict is not VerdictKind.CONTRADICTED:
        permitted = [p.text for p in passport.permitted if p.valid_to is None or day <= p.valid_to]
        if permitted:
            listed = permitted[:_MOST_PERMITTED]
            advised.append(
                Wording(
                    zh="这款商品登记可说：" + "；".join(f"“{text}”" for text in listed),
                    en="Registered as sayable for this product: " + "; ".join(f'"{text}"' for text in listed),
                )
            )
    general = _both(finding.advice or ("" if file is None else file.advice))
    if general is not None:
        advised.append(general)
    if finding.verdict is VerdictKind.BANNED:
        advised.append(
            Wording(
                zh=f"“{finding.quote}”这样的话，有没有依据都不能说，请删去",
                en=f'"{finding.quote}" may not be said, with or without proof: take it out',
            )
        )
    return tuple(dict.fromkeys(advised))


def _proof(schemes: tuple[str, ...]) -> list[Wording]:
    if not schemes:
        return [
            Wording(
                zh="没有登记能证明这句话的资料：先把证明登记到商品护照，或者不说",
                en="Nothing registered proves it: register the proof in the passport first, or leave it out",
            )
        ]
    return [
        Wording(
            zh="先登记其中一项再说：" + "、".join(SCHEMES[s][0] for s in schemes),
            en="Register one of these first: " + ", ".join(SCHEMES[s][1] for s in schemes),
        )
    ]


def _both(advice: str) -> Wording | None:
    """The policy's advice, which stands as `中文 | English`."""
    if not advice:
        return None
    zh, en = in_both(advice)
    return Wording(zh=zh, en=en)
