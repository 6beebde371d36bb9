"""Why a fit was refused, in Chinese; fits keep it in English, as the command tells it."""

from review.presentation.phrases import phrases, worded

_LABELS = {"breach": "违规", "lawful": "合规"}
_WORDS = (
    (
        r"(\d+) decided passages to learn from; at least (\d+) are needed",
        "可供学习的已判语段只有 {0} 条，至少要 {1} 条",
    ),
    (r"(\d+) passages found (breach|lawful); at least (\d+) are needed", "判为{1}的语段只有 {0} 条，至少要 {2} 条"),
    (
        r"talk of (\d+) hosts; at least (\d+) are needed, so that none judges itself",
        "只有 {0} 位主播的话，至少要 {1} 位，才不会用同一位主播的话既学又评",
    ),
    (
        r"no kind of goods has (\d+) decided passages, (\d+) of either label",
        "没有哪一类商品满 {0} 条已判语段，且违规、合规各满 {1} 条",
    ),
    (
        r"the newest (\d+) decisions are all of one kind, and compare nothing; decide more",
        "最近 {0} 个判定结果全部相同，无从比较，请先多判一些",
    ),
    (
        r"it is no better than what is in force on the newest (\d+) decisions: "
        r"loss (\S+) → (\S+) \(by chance (\S+)\), ranking (\S+) → (\S+)",
        "在最近 {0} 个判定上不优于现行模型：损失 {1} → {2}（偶然波动 {3}），排序 {4} → {5}",
    ),
)
_TELLING = phrases(_WORDS)


def refusal_in_chinese(text: str) -> str:
    """Why a fit was refused, in Chinese; what has no words here stays as it is."""
    said = worded(text, _TELLING, lambda value: _LABELS.get(value, value))
    return text if said is None else said
