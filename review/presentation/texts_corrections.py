"""The words of correcting a transcript."""

from collections.abc import Mapping

CORRECTING_TEXTS: Mapping[str, tuple[str, str]] = {
    "keys.correct": ("更正转写和商品", "correct the transcript and the product"),
    "reason.transcript_corrected": (
        "转写已更正，不再有可判的说法",
        "transcript corrected: no claim is left",
    ),
    "correct.title": ("更正转写", "Correct the transcript"),
    "correct.open": ("更正转写", "Correct"),
    "correct.passage": ("哪一段", "Which passage"),
    "correct.heard": ("识别结果", "As recognised"),
    "correct.text": ("实际说的（或画面上的字）", "What was really said, or shown"),
    "correct.product": ("说的是哪件商品", "Which product it speaks of"),
    "correct.no_product": ("未确定", "not known"),
    "correct.why": ("说明（可不填）", "Why (may stay empty)"),
    "correct.note": (
        "原文和更正都会保留，并按当时的规则和商品档案重新判断。",
        "Original and correction are both kept; the claim is judged anew by the policy and passport of its time.",
    ),
    "correct.submit": ("更正并重新判断", "Correct and judge anew"),
    "correct.keys": ("Ctrl+Enter 提交 · Esc 放弃", "Ctrl+Enter sends · Esc puts it down"),
    "correct.off": ("这台服务器不作判断，不能更正", "This server judges nothing, so nothing can be corrected on it"),
    "correct.was": ("识别为", "recognised as"),
    "card.corrected": ("更正", "Corrected"),
    "card.correction": ("{name} · {at}", "{name} · {at}"),
    "card.superseded": (
        "文字已更正，这条发现不再有效",
        "Its words were corrected: this finding no longer stands",
    ),
    "card.successor": ("看更正后的发现", "See what stands now"),
    "card.predecessor": ("看更正前的发现", "See it as it was before"),
    "hit.superseded": ("已更正", "corrected"),
    "barred.decided_once": (
        "已有一人按原文作了决定，正等另一人复审",
        "It was decided once by what was heard and waits for a second decision",
    ),
    "barred.text_changed": (
        "这段文字刚被别人更正过，请按新文字再看",
        "The text was corrected meanwhile; look at it as it is now",
    ),
    "barred.nothing_changed": ("文字和商品都没有变", "Text and product are as they were"),
    "barred.text": ("更正后的文字须为 1 到 2000 个可读字符", "The text must have 1 to 2000 readable characters"),
    "barred.not_of_case": ("这一段不属于本案的发现", "The passage is none of this case's"),
    "barred.no_passage": ("这一段已不再保存", "The passage is no longer kept"),
    "barred.no_passport": (
        "当时据以判断的商品档案已不再保存",
        "The passport it was judged by is no longer kept",
    ),
    "barred.unknown_product": ("这件商品当时不在售", "That product was not on sale in this broadcast"),
    "barred.under_measure": ("本案已用于一项处置", "A measure rests on this case"),
    "js.corrected": ("已更正并重新判断：{0}", "Corrected and judged anew: {0}"),
    "js.corrected_away": (
        "已更正，不再有可判的说法；案件按此理由结案",
        "Corrected: no claim is left, and the case was decided for that reason",
    ),
    "js.not_corrected": ("没有更正：{0}", "Not corrected: {0}"),
    "pack.corrections": ("转写更正", "Corrections of the transcript"),
    "pack.corrected": (
        "{at}，{channel}：识别为“{original}”，更正为“{corrected}”。",
        "{at}, {channel}: recognised as “{original}”, corrected to “{corrected}”.",
    ),
    "pack.corrected_by": ("{name} 更正", "by {name}"),
    "pack.superseded": ("不再有效的发现：{ids}", "Findings that no longer stand: {ids}"),
}
