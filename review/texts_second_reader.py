"""What the claim card says of a second reading, in Chinese and English."""

from collections.abc import Mapping

SECOND_READER_TEXTS: Mapping[str, tuple[str, str]] = {
    "second.title": ("模型复读", "Second reading"),
    "second.answer_breach": ("认为构成违规", "sees a breach"),
    "second.answer_lawful": ("认为不构成违规", "sees no breach"),
    "second.answer_unsure": ("无法判断", "is unsure"),
    "second.effect_lifted": ("据此由备注升为待审", "lifted from a note into the queue"),
    "second.effect_lowered": ("据此由待审降为备注", "lowered from the queue to a note"),
    "second.effect_reworded": ("据此改按所选类别或听法立项", "taken up under the class or the reading that it chose"),
    "second.effect_none": ("未作任何改动", "nothing changed"),
    "second.why_unsure": ("模型没有把握", "it is unsure"),
    "second.why_agrees": ("与机器原判一致", "it agrees with what was found"),
    "second.why_held": ("审核员正在处理，仅供参考", "a reviewer is working on the case: for reference"),
    "second.why_decided": ("审核员已有结论，仅供参考", "a reviewer has decided the case: for reference"),
    "second.why_shared": ("案件中还有其他说法", "the case tells of more, or another case tells of it"),
    "second.why_protected": ("明示宣称或与登记值不符，模型不得改动", "said outright, or against a registered value"),
    "second.why_speaks_to_machine": (
        "原文含有对机器说的话，结论仅供参考",
        "the words speak to a machine: for reference",
    ),
    "second.why_note_at_most": ("按政策至多备注", "the policy makes it a note at most"),
    "second.why_of_record": ("须另与登记值核对", "it would have to be held against the record anew"),
    "second.words": ("所据原词", "It rests on"),
    "second.reading": ("所选听法", "Heard as"),
    "second.class": ("所选类别", "Class"),
    "second.before": ("复读前：{disposition}，{score}", "Before: {disposition}, {score}"),
    "second.other": ("另一说法", "the other form of it"),
}
