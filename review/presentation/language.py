"""The languages that pages, paper and packs are written in, and their words."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from review.presentation.audit_actions import action_in_words
from review.presentation.catalogues import LANGUAGES, Language, in_both, text_of
from review.presentation.recording_reasons import parts_of, recording_reason_in_chinese
from review.presentation.refusals import refusal_in_chinese
from review.presentation.score_steps import in_chinese
from review.presentation.trial_reasons import trial_reason
from review.presentation.waiting_reasons import waiting_reason_in_chinese


class Words:
    """The catalogue in one language; called with a key and the values that stand in its text."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text; KeyError for a key that is in no catalogue."""
        text = text_of(self.language, key)
        return text.format(**values) if values else text

    def marked(self, key: str, **values: object) -> Markup:
        """The text, in which a value stands as bold markup."""
        bold = {name: Markup("<b>{}</b>").format(value) for name, value in values.items()}
        return Markup(escape(text_of(self.language, key))).format(**bold)

    def term(self, kind: str, value: str) -> str:
        """The word for a term of a vocabulary; policy data may hold terms that this version has no word for."""
        try:
            return text_of(self.language, f"{kind}.{value}")
        except KeyError:
            return value

    def age(self, length_ms: int) -> str:
        """How long something waits, in the one unit that people would say: `42 分钟`, `3 小时`, `14 天`."""
        minutes = max(0, length_ms) // 60_000
        if minutes < 60:
            return self("age.minutes", n=minutes)
        return self("age.hours", n=minutes // 60) if minutes < 48 * 60 else self("age.days", n=minutes // 1440)

    def length(self, length_ms: int) -> str:
        """How long something lasts, in its two greatest units: `8.5 秒`, `12 分 5 秒`, `12 小时 30 分`."""
        seconds = round(max(0, length_ms) / 1000, 1)
        if seconds < 60:
            return self("length.seconds", n=f"{seconds:.1f}".removesuffix(".0"))
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return self("length.minutes", n=minutes, rest=rest)
        hours, minutes = divmod(minutes, 60)
        if hours < 48:
            return self("length.hours", n=hours, rest=minutes)
        return self("length.days", n=hours // 24, rest=hours % 24)

    def goods(self, category: str) -> str:
        """A category path as people name it: `化妆品 › 特殊化妆品 › 防晒`; a part that nobody named stands as it is."""
        parts = [part for part in category.split("/") if part]
        named = [self.term("goods", part) for part in parts]
        shown = (part.replace("_", " ") if part == name else name for part, name in zip(parts, named, strict=True))
        return " › ".join(shown)

    def reason(self, text: str) -> str:
        """What a broadcast waits for, or why some of it is missing; scheduler and recorder tell it in English."""
        if self.language != "zh":
            return text
        return "；".join(waiting_reason_in_chinese(one) or recording_reason_in_chinese(one) for one in parts_of(text))

    def action(self, action: str) -> str:
        """An action of the audit trail."""
        return action_in_words(action, self.language)

    def step(self, text: str) -> str:
        """A step of a score, or the reason for a product; findings tell them in English."""
        return in_chinese(text) if self.language == "zh" else text

    def refusal(self, text: str) -> str:
        """Why a fit was refused; fits keep it in English."""
        return refusal_in_chinese(text) if self.language == "zh" else text

    def trial(self, why: str) -> str:
        """Why an exemption was or was not taken to apply."""
        return trial_reason(why, self.language)

    def named(self, names: Mapping[str, tuple[str, str]], value: str, kind: str = "") -> str:
        """A name that policy data gives in both languages; else the vocabulary's word, or the id itself."""
        return names[value][self._column] if value in names else self.term(kind, value)

    def either(self, both: str) -> str:
        """The half of a text of policy data that is in this language: `中文 | English`; the whole where it has one."""
        return in_both(both)[self._column]
