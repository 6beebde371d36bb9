"""Layers that read disguised words: each on and off by the policy, and every reading leads back to what was said."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.errors import PolicyError
from claims.obfuscation.pictures import PictureReader, read_out
from claims.obfuscation.spelling import Speller
from claims.policy.policy import Policy
from claims.text.normalise import Edit, Normalised, normalise
from tests.claims.support import read

SPELLER = Speller(["抗癌", "治疗", "糖尿病", "防腐剂", "补肾", "失眠"], {"zui": "最"})
PICTURES = PictureReader({"❤": "心", "💰": "财", "🌬": "风"}, ["心血管", "招财", "通风", "痛风", "血管"])


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        pytest.param("能kang癌", "kang癌", "抗癌", id="a syllable before a character"),
        pytest.param("治liao失眠", "治liao", "治疗", id="a syllable behind"),
        pytest.param("bushen的", "bushen", "补肾", id="a whole word in letters"),
        pytest.param("糖n病", "糖n病", "糖尿病", id="one initial"),
        pytest.param("zui好", "zui", "最", id="a syllable that stands for itself"),
    ],
)
def test_letters_are_read_as_the_term_that_they_complete(text: str, heard: str, meant: str) -> None:
    (edit,) = SPELLER.edits(text)
    assert (text[edit.start : edit.end], edit.meant, edit.kind) == (heard, meant, "spelled")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kang师傅", id="completes no term"),
        pytest.param("bushen", id="no characters beside"),
        pytest.param("n病", id="an initial in a short word"),
        pytest.param("型号kang3癌", id="letters and digits are a name"),
        pytest.param("抗癌", id="no letters"),
        pytest.param("维生素f腐剂", id="the letter of a vitamin"),
    ],
)
def test_other_letters_stay(text: str) -> None:
    assert SPELLER.edits(text) == []


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        pytest.param("保护❤血管", "保护心血管", id="before the word"),
        pytest.param("招💰摆件", "招财摆件", id="behind a character"),
        pytest.param("痛🌬的", "痛风的", id="a term by its sound as it stands"),
        pytest.param("今天❤开播", "今天开播", id="completes nothing"),
        pytest.param("血❤管", "血管", id="drawn inside a term"),
    ],
)
def test_pictures_are_read_where_they_complete_a_term(text: str, read_as: str) -> None:
    folded = normalise(text, emoji={}, lookalikes={})
    assert folded.edited(PICTURES.edits(folded)).text == read_as


LAYERS = {
    "symbol": ("保护❤️🩸管", "保护心血管"),
    "code": ("得了富贵病的", "得了糖尿病的"),
    "split": ("草字头下面一个约", "药"),
    "spelled": ("能kang癌", "能抗癌"),
    "filler": ("糖某尿某病", "糖尿病"),
    "unit": ("原来一百二十米一箱", "原来一百二十元一箱"),
    "sound": ("五里米厚", "五厘米厚"),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_reads_its_kind_and_says_so(policy: Policy, layer: str) -> None:
    said, meant = LAYERS[layer]
    folded = read(policy, said, channel="speech")
    assert folded.text == meant
    assert [r.kind for r in folded.readings] == [layer]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_the_policy_leaves_out_is_off(policy_copy: Path, layer: str) -> None:
    file = policy_copy / "policy.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = ", ".join(f"{name}: 0.05" for name in LAYERS if name != layer)
    lines = [f"reading_layers: {{{kept}}}" if line.startswith("reading_layers:") else line for line in lines]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    folded = read(Policy(policy_copy), LAYERS[layer][0], channel="speech")
    assert layer not in {r.kind for r in folded.readings}
    assert folded.text != LAYERS[layer][1]


def test_an_unknown_layer_is_refused(policy_copy: Path) -> None:
    file = policy_copy / "policy.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("{symbol: 0.03", "{smell: 0.03"), encoding="utf-8")
    with pytest.raises(PolicyError, match="smell"):
        Policy(policy_copy)


def test_a_concept_that_is_not_there_is_refused_with_its_place(policy_copy: Path) -> None:
    file = policy_copy / "disguise.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("concepts: [list_price_word", "concepts: [no_such_concept"),
        encoding="utf-8",
    )
    with pytest.raises(PolicyError, match="no_such_concept") as refusal:
        Policy(policy_copy)
    assert "disguise.yaml" in str(refusal.value)


def test_layers_build_on_one_another(policy: Policy) -> None:
    assert read(policy, "治某liao失眠").text == "治疗失眠"


def test_a_dearer_reading_leaves_less_of_the_score_and_never_too_little(policy: Policy) -> None:
    factors = [policy.reader.factor("sound", cost) for cost in (0.0, 0.5, 1.0, 3.0, 100.0)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1.0
    assert factors[-1] > 0.5


_SAID = st.text(alphabet="糖某尿病治疗kang癌三口山米一百二十五里❤️的,。 ", max_size=24)


@given(text=_SAID)
@settings(max_examples=300, deadline=None)
def test_every_reading_leads_back_to_what_was_said(policy: Policy, text: str) -> None:
    folded = read(policy, text, channel="speech")
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= s <= e <= len(text) for s, e in zip(folded.starts, folded.ends, strict=True))
    assert list(folded.starts) == sorted(folded.starts)
    assert list(folded.ends) == sorted(folded.ends)
    for reading in folded.readings:
        assert text[reading.start : reading.end] == reading.heard
        assert reading.cost > 0


@st.composite
def _edited(draw: st.DrawFn) -> tuple[Normalised, list[Edit]]:
    text = draw(st.text(alphabet="一二三四五六七八九十abc", min_size=1, max_size=20))
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    edits = [
        Edit(start, end, draw(st.text(alphabet="甲乙丙", max_size=4)), "code", 1.0)
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    return normalise(text, emoji={}, lookalikes={}), edits


@given(case=_edited())
def test_what_no_edit_touches_keeps_its_place(case: tuple[Normalised, list[Edit]]) -> None:
    folded, edits = case
    changed = folded.edited(edits)
    at = shift = 0
    for edit in [*edits, Edit(len(folded.text), len(folded.text), "", "", 0.0)]:
        for place in range(at, edit.start):
            assert changed.text[place + shift] == folded.text[place]
            assert changed.starts[place + shift] == folded.starts[place]
            assert changed.ends[place + shift] == folded.ends[place]
        at, shift = edit.end, shift + len(edit.meant) - (edit.end - edit.start)
    assert len(changed.text) == len(folded.text) + shift
    assert [r.meant for r in changed.readings] == [e.meant for e in edits]
    for edit, reading in zip(edits, changed.readings, strict=True):
        assert (reading.start, reading.end) == folded.original_span(edit.start, edit.end)


NAMES = {"🦀": "蟹", "🧠": "脑", "🇨🇳": "中国"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("🧠里面堵", "脑里面堵", id="before the words"),
        pytest.param("吃🦀🦀🦀", "吃蟹", id="the same again and again"),
        pytest.param("🇨🇳第一", "中国第一", id="of two characters"),
        pytest.param("今天😀开播", "今天开播", id="not in the table"),
        pytest.param("今天开播", "今天开播", id="no picture"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_pictures_are_read_out(text: str, shown: str) -> None:
    assert read_out(normalise(text, emoji={}, lookalikes={}), NAMES) == shown
