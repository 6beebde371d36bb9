"""What the steps of a score and the reason for a product say, in Chinese.

Findings tell both in English, as `claims` computes them; pages of the Chinese desk show what stands here. Of steps
that tell a number, a quote or an id, the rest is worded and the value kept.
"""

import re
from collections.abc import Mapping

from review.presentation.phrases import Phrases, worded

_SAID: Mapping[str, str] = {
    # What a detector found.
    "pattern": "句式",
    "passport contradicts": "与登记不符",
    "held against a registered value": "以登记值对照",
    "own experience": "自身体验",
    "product not sure": "商品不确定",
    "a word was read by its sound or spelling": "按读音或写法认的字",
    "a number heard with doubt": "听不准的数字",
    "heard only with hotwords, not confirmed": "只在提示词下听到，未证实",
    "a grade of plus signs": "以加号表示的等级",
    "as the rest was most likely said": "与其余最可能的说法一致",
    "said of other goods": "所说为其他商品",
    "a reader of what is said and what is registered sees no contradiction": "模型比对口播与登记内容，未见不符",
    "what is said is linked to no registered value that differs": "所说与任何不同的登记值均无关联",
    # What is registered leaves open.
    "no such grade is registered": "未登记此类等级",
    "no material is registered": "未登记材料",
    "its share is not registered": "未登记其含量",
    "number and kind are not stated": "未说明专利号与种类",
    "no effect is registered or filed": "未登记或备案功效",
    "no ingredient list is registered that proves it": "未登记可证明的配料表",
    "no list of ingredients tells of it": "配料表未载明",
    "no origin is registered": "未登记产地",
    "no such promise is registered": "未登记此类承诺",
    "no suggested price is registered": "未登记建议零售价",
    "no warranty is registered": "未登记质保",
    "only the broader material is registered": "只登记了更宽泛的材料",
    "said to be a suggestion at which nothing was sold": "称为建议价，但未以此价成交",
    "the province is not registered": "未登记省份",
    "the registered text does not decide it": "登记文字不足以判断",
    # What the reader of talk makes of it.
    "a passage of live talk": "直播口播的一般情形",
    "said outright: no learned reading lowers it": "明示宣称：模型判读不得降分",
    "likeliest of what a record decides: a note at most": "最可能属于须凭登记判断的类别：至多备注",
    # How the registered attribute was found.
    "may be said of a registered attribute": "可能说的是某一登记属性",
    "may be said of a registered text": "可能说的是某一登记文字",
    "beside every other attribute, and none": "与其余属性及“都不是”相比",
    "a reader of both says otherwise": "模型对读：所说与登记不一致",
    "named adjacent": "属性名紧挨着",
    "named at length": "属性名说得完整",
    "named behind": "属性名在数后",
    "named clause": "同一分句提到属性名",
    "named sentence": "同一句提到属性名",
    "named passage": "同一段提到属性名",
    "named none": "未提属性名",
    "it is named": "提到属性名",
    "its label's characters are near": "登记项名称的字在附近",
    "its label's characters are in the passage": "登记项名称的字在本段",
    "more of its label is near than of any other": "附近的字最像这一登记项",
    "more of another label is near": "附近的字更像另一登记项",
    "its name is another number's": "属性名属于另一个数",
    "another attribute is named closer": "另一属性名更近",
    "another is named as close": "另一属性名同样近",
    "an attribute that is not registered is named closer": "更近处提到未登记的属性",
    "a part is named that it is of": "提到了所属部件",
    "the only one in this unit": "只有这一项用此单位",
    "one of two in this unit": "有两项用此单位",
    "such goods have more in this unit": "此类商品还有别的属性用此单位",
    "fits another attribute": "与另一属性相符",
    "fits another that is named": "与另一已提到的属性相符",
    "fits the sum over a pack": "与整包合计相符",
    "the registered value is said": "说到了登记值",
    "the registered value is said later": "其后说到登记值",
    "the registered value was said before": "此前说过登记值",
    "another value is said": "说到另一值",
    "a multiple of the registered value": "是登记值的整数倍",
    "within a third": "与登记值相差三分之一以内",
    "within double": "与登记值相差一倍以内",
    "within five times": "与登记值相差五倍以内",
    "far from the registered value": "与登记值相差悬殊",
    "better than registered": "比登记更好",
    "worse than registered": "比登记更差",
    "out of the range of such goods": "超出此类商品的常见范围",
    "on screen": "屏上文字",
    "counted by the registered word": "量词与登记一致",
    "what is counted is in its label": "所数之物在属性名中",
    "counts anything": "量词可数任何物",
    "a small number": "小数目",
    "one number of a size": "尺寸中的一个数",
    "a sum over a pack": "整包合计",
    "a sum is spoken of": "说的是合计",
    "so much of something": "每份中的含量",
    "in a statement that a detector knows": "在检测器认得的说法中",
    "then affirmed": "随后得到肯定",
    "unnamed, the only one, near the registered value": "未提属性名，唯一且接近登记值",
    "unnamed, far from the registered value": "未提属性名，且远离登记值",
    "the only attribute with such a value": "唯一有此类值的属性",
    "another value of the same family": "同族的另一个值",
    "only of the same sort": "只是同一类的词",
    "what is registered is not understood": "登记值词表未收",
    "a long word": "词较长",
    "a word of several families": "一词属多族",
    "a word for a material": "材料用词",
    "a place": "地名",
    "the whole product's": "属于整件商品",
    "of the composition": "属于成分含量",
    "begins its clause": "在分句之首",
    "the nearest registered text": "意思最近的登记文字",
    "its words are linked to it": "其中的词对应到该项",
    "how likely its words say otherwise": "其中的词与登记不符的可能性",
    "it answers what was asked": "回答了上一句的提问",
    "it puts right what was said": "更正了上一句",
    "answered otherwise than registered": "肯定或否定的回答与登记相反",
    "answered as registered": "肯定或否定的回答与登记相同",
    "the registered value is taken back": "收回了登记值",
    "put right to the registered value": "更正为登记值",
    "a reader of another text says otherwise": "阅读模型认为与另一项登记文字不符",
    "or said of another attribute, of which the same holds": "或说的是另一属性，同样不符",
    # Why a number may have been heard wrong.
    "what stands before the number may belong to it": "数字前面的字可能属于该数",
    "a digit of the registered number may have been heard twice": "登记值的某一位可能被听重",
    "the same is told in another unit and agrees": "同一量以另一单位说出且相符",
    # Why a product is meant.
    "named by the passage": "随文本给定",
    "the only product on sale": "唯一在售商品",
    "on sale by the platform's event": "平台讲解事件",
    "not worked out": "未能确定",
}
_ASIDES: Mapping[str, str] = {
    "other_link": "另一链接",
    "older": "老款",
    "rival": "别家商品",
    "buyer": "买家自身",
    "business": "单量库存",
    "denial": "否认",
    "set_right": "更正",
    "asked": "提问",
    "example": "举例比方",
    "used": "用量用法",
    "own": "指本品的词",
    "shown": "当场称量",
    "stressed": "强调",
}
_CONTEXTS: Mapping[str, str] = {
    "amount_used": "说的是用量",
    "asked": "提问且未作肯定",
    "body_size": "人的身材尺码",
    "hedged": "留有余地的说法",
    "logistics": "物流与售后",
    "order_in_time": "时间或空间顺序",
    "other_goods": "说的是其他商品",
    "others_goods": "说的是别家商品",
    "own_other_goods": "说的是自家其他款",
    "price_talk": "说的是价格",
    "usage_note": "用法用量说明",
}
_WHERE: Mapping[str, str] = {
    "before": "同分句前有",
    "earlier": "同句前有",
    "behind": "同分句后有",
    "later": "同句后有",
    "anywhere": "本段有",
}
_DIMENSIONS: Mapping[str, str] = {
    "bare": "无单位的数",
    "count": "件数",
    "length": "长度",
    "mass": "重量",
    "share": "百分比",
    "technical": "技术量",
    "temperature": "温度",
    "time": "时间",
    "volume": "容量",
}
_SORTS: Mapping[str, str] = {
    "added": "添加物",
    "aroma": "香味",
    "breed": "品种",
    "build": "结构",
    "care": "护理",
    "colour": "颜色",
    "grade": "等级",
    "material": "材料",
    "place": "产地",
    "process": "工艺",
    "suited": "适用",
}
_MEANT: Mapping[str, str] = {"approx": "约数", "at_least": "不低于", "at_most": "不超过", "range": "区间"}
_CARRIED = ", carried over"


_PLAIN: Mapping[str, str] = {
    **_SAID,
    **{f"{name} {at}": f"{_WHERE[at]}：{zh}" for name, zh in _ASIDES.items() for at in _WHERE},
    **{f"context {name}": f"语境：{zh}" for name, zh in _CONTEXTS.items()},
    **{f"measures {name}": f"所量：{zh}" for name, zh in _DIMENSIONS.items()},
    **{f"unnamed, the only one of {name}": f"未提属性名，唯一的{zh}属性" for name, zh in _DIMENSIONS.items()},
    **{f"unnamed, one of several of {name}": f"未提属性名，多项{zh}属性之一" for name, zh in _DIMENSIONS.items()},
    **{f"of the sort {name}": f"词类：{zh}" for name, zh in _SORTS.items()},
    **{f"meant as {name}": f"语义：{zh}" for name, zh in _MEANT.items()},
}

# What a step tells besides its words stands where {} stands.
_TELLING: Phrases = tuple(
    (re.compile(pattern, re.DOTALL), wording)
    for pattern, wording in (
        (r"or said of another attribute, of which the same holds: (.+)", "或说的是另一属性，同样不符：{}"),
        (r"a detector that scores ([\d.]+)", "检测器得分 {}"),
        (r"the reader's likelihood of a breach ([\d.]+)", "模型判读违规的可能性 {}"),
        (r"of classes that hold for these goods ([\d.]+)", "其中适用于此类商品的类别占 {}"),
        (
            r"flagged from ([\d.]+) on: the budget is ([\d.]+) false alarms in an hour of talk",
            "达 {} 即列入：误报预算为每小时 {} 次",
        ),
        (
            r"flagged from ([\d.]+) on: the budget of its class is ([\d.]+) false alarms in an hour of talk",
            "达 {} 即列入：本类误报预算为每小时 {} 次",
        ),
        (r"read as (\w+); like: (.*)", "读作 {}；相近的已知说法：{}"),
        (r"heard with doubt: ([\d.]+) of the passage", "本段有 {} 听不准"),
        (r"exempt: (.+)", "豁免：{}"),
        (r"second reader: breach: (.+)", "模型复读认为构成：{}"),
        (r"second reader: lawful: (.+)", "模型复读认为不构成：{}"),
        (r"second reader: unsure: (.+)", "模型复读无法判断：{}"),
        (r"a note at most: (.+)", "至多备注：{}"),
        (r"also said: (.+)", "另有口播：{}"),
        (r"also shown on screen: (.+)", "另有屏显：{}"),
        (r"said otherwise: (.+)", "口播与此不同：{}"),
        (r"shown otherwise: (.+)", "屏显与此不同：{}"),
        (r"(\w+): heard (.+), read as (.+), cost ([\d.]+)", "{}：听作“{}”，读作“{}”，代价 {}"),
        (r"perhaps called '(.+)'", "可能称作“{}”"),
        (r"called '(.+)'", "称作“{}”"),
        (r"written '(.+)'", "写作“{}”"),
        (r"on sale is '(.+)', without a passport", "在售商品 {} 无护照"),
    )
)


def in_chinese(text: str) -> str:
    """A step of a score, or the reason for a product, in Chinese; what has no words here stays as it is."""
    if text.endswith(_CARRIED):
        return f"{in_chinese(text.removesuffix(_CARRIED))}，沿用前文"
    if text in _PLAIN:
        return _PLAIN[text]
    said = worded(text, _TELLING)
    return text if said is None else said
