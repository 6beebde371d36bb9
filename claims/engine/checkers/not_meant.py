"""Numbers that aren't said of the product: set right in the same breath, or an amount of other stuff."""

import re
from collections.abc import Callable

from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.text.normalise import is_cjk
from claims.text.units import Quantity

_REACH = 24
# Before the registered number these say that it is somebody else's, or is beaten.
_NOT_OURS = re.compile("不是|不止|不到|没有|比|别[家人的]|人家|他们|隔壁|以前|老款|上一|上代|去年|[标写]的")
_THEIRS = re.compile("的?(?:价|钱|那种|那款|老款)|才怪|不止")
_CLAUSE = re.compile("[,。!?;:]")
# Right behind the number these say that it is another's, where the registered one stands before it.
_THAT_IS = re.compile("的?装?,?(?:那是|那个是|是那|是别|是上|是老|是隔壁)")
# What follows a size of the goods themselves (五升的大容量, 五百毫升装), and words that name nothing (两升能用一天).
_OF_GOODS = frozenset(
    "的装大容一左右以多整满超款版规格起壶杯瓶罐桶锅箱袋盒包碗盆缸"
    "够能可才就都也还很真太给送到在用比跟和不没要会是有你我他她它咱这那轻重厚高宽长深呢啊吧哦啦嘛哈呀"
)
_AMOUNTS = frozenset({"volume", "mass"})
_NOUN = 3


def is_set_right(window: Window, quantity: Quantity, agrees: Callable[[Quantity], bool], policy: Policy) -> bool:
    """True where another clause says the registered number as the product's own (上一批六根,这批八根).

    `agrees`: whether a number of the window is the registered one. A slip that is corrected was said all the same.
    """
    slips = window.located.spans(f"cue:{policy.context.corrections}")
    for other in window.quantities:
        if not agrees(other):
            continue
        if quantity.end <= other.start <= quantity.end + _REACH:
            *before, clause = _CLAUSE.split(window.text[quantity.end : other.start])
            is_slip = any(quantity.end <= start < other.start for start, _ in slips)
            if (
                before
                and not is_slip
                and _NOT_OURS.search(clause) is None
                and _THEIRS.match(window.text, other.end) is None
            ):
                return True
        if other.end <= quantity.start <= other.end + _REACH and _THAT_IS.match(window.text, quantity.end):
            return True
    return False


def is_of_other_stuff(window: Window, quantity: Quantity, passport: Passport) -> bool:
    """True for so much of something that the product is not called (加200毫升牛奶)."""
    if quantity.dimension not in _AMOUNTS:
        return False
    # A size of the goods is said with 的 as often (五升的壶); a weight of what goes into them, too (三斤的鸡).
    at = quantity.end + (quantity.dimension == "mass" and window.text.startswith("的", quantity.end))
    noun = window.text[at : at + _NOUN]
    if not noun or not is_cjk(noun[0]) or noun[0] in _OF_GOODS:
        return False
    return set(noun).isdisjoint("".join(passport.names))
