"""Takes personal data out of what was said or shown: numbers and names by which a person could be found.

Each character is blackened by itself, so that places and times in the text stay what they were.
"""

import re

from claims.types import Passage

BLACK = "█"
_DIGIT = "[0-9０-９零〇一二三四五六七八九幺两]"
_APART = r"[\s\-－·.、，,]?"
# Eleven digits that begin as mobile numbers do, spoken or written, with pauses between them.
_MOBILE = rf"(?<!{_DIGIT})[1１一幺]{_APART}[3-9３-９三四五六七八九](?:{_APART}{_DIGIT}){{9}}(?!{_DIGIT})"
_FIXED_LINE = r"(?<!\d)0\d{2,3}[-－ ]\d{7,8}(?!\d)"
# Resident identity numbers, and the numbers of bank cards.
_LONG_NUMBER = rf"(?<!{_DIGIT})(?:{_DIGIT}{_APART}){{15,18}}[0-9０-９零〇一二三四五六七八九幺两Xx](?![0-9０-９])"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
# What follows the name of a messenger: its account.
_MESSENGER = (
    r"(?:微信|薇信|威信|[vV]信|QQ|qq|扣扣|[wW][xX]|[vV][xX]|加[微薇vV]|抖音号|快手号|小红书号)(?:号|是|为|：|:|\s)*"
)
_MENTION = r"@[\w一-鿿-]{1,20}"
_PLATE = r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}(?![A-Z0-9])"

_WHOLE = re.compile("|".join((_EMAIL, _MOBILE, _FIXED_LINE, _LONG_NUMBER, _MENTION, _PLATE)))
_ACCOUNT = rf"[A-Za-z][-_A-Za-z0-9]{{5,19}}|{_DIGIT}(?:{_APART}{_DIGIT}){{4,11}}"
_NAMED = re.compile(rf"(?P<of>{_MESSENGER})(?P<account>{_ACCOUNT})")


def redacted(text: str) -> str:
    """The text with numbers of telephones, identity and cards, mail, accounts, mentions and plates blackened."""
    text = _NAMED.sub(lambda found: found["of"] + BLACK * len(found["account"]), text)
    return _WHOLE.sub(lambda found: BLACK * len(found[0]), text)


def redacted_passage(passage: Passage) -> Passage:
    """The passage without personal data in its text; the places of its words are what they were."""
    return passage.model_copy(update={"text": redacted(passage.text)})
