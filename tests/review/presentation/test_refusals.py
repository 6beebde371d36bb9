"""Why a fit was refused is worded in Chinese on the Chinese page, whatever the reason."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from claims.classifier.fit.head import Example
from claims.classifier.fit.learning import learn
from review.presentation.language import Words
from tests.claims.classifier.test_fit import BEGIN, in_force, talk

_ENGLISH = re.compile("[a-z]{3,}")
FEW = talk(10, 1)
ALL_LAWFUL = [one for one in talk(600, 2) if one.passage.label == "lawful"]
ONE_HOST = talk(200, 3, hosts=1)
BY_CHANCE = talk(400, 0, told_by_chance=True)
LAWFUL_LATE = [
    replace(one, passage=one.passage.model_copy(update={"at": BEGIN + timedelta(days=one.passage.label == "lawful")}))
    for one in talk(300, 5)
]


@pytest.mark.parametrize("examples", [FEW, ALL_LAWFUL, ONE_HOST, BY_CHANCE, LAWFUL_LATE])
def test_every_reason_has_its_words(examples: list[Example]) -> None:
    passages = [one.passage for one in examples]
    refused = learn(passages, examples, in_force(), tenant="local", left_out=Counter()).refused
    assert refused is not None
    assert Words("en").refusal(refused) == refused
    assert not _ENGLISH.search(Words("zh").refusal(refused))


def test_what_has_no_words_stays_as_it_is() -> None:
    assert Words("zh").refusal("another reason") == "another reason"
