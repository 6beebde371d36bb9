"""Reading a syllable as another costs less the oftener it was taken for it; unheard ones cost by how they sound."""

from claims.obfuscation.confusions import RIGHT, Confusions, packaged_confusions, unheard_cost
from claims.obfuscation.noisy_channel import Doubted
from claims.obfuscation.sentence_by_sound import SentenceReader
from claims.text.bigrams import Bigrams


def test_what_was_often_taken_for_another_costs_less() -> None:
    counted = Confusions({"te": {RIGHT: 10, "tui": 90}, "he": {RIGHT: 100}})
    assert counted.cost("te", "tui") < unheard_cost("te", "tui")
    assert counted.cost("te", "tui") < counted.cost("te", "ta")
    assert counted.cost("he", "hu") > unheard_cost("he", "hu")


def test_what_was_never_said_costs_by_how_it_sounds() -> None:
    counted = Confusions({"te": {RIGHT: 10}})
    for one, other in (("shi", "shi"), ("shi", "si"), ("shi", "shu"), ("shi", "mao")):
        assert abs(counted.cost(one, other) - unheard_cost(one, other)) < 1e-9
    costs = [unheard_cost("shi", other) for other in ("shi", "si", "shu", "mao")]
    assert costs == sorted(set(costs))


def test_the_packaged_recognisers_mistakes_are_counted() -> None:
    counted = packaged_confusions()
    likelier = [counted.cost(one, other) < unheard_cost(one, other) for one, other in (("tou", "tou"), ("tou", "tuo"))]
    assert any(likelier)
    assert counted is packaged_confusions()


def test_a_sentence_is_read_by_what_was_counted() -> None:
    pairs = {"^": {"特价": 9, "退价": 9}, "特价": {"$": 9}, "退价": {"$": 9}}
    doubted = [Doubted(0, 2, ())]
    counts = {"te": {RIGHT: 5, "tuo": 60}, "tui": {RIGHT: 60}}
    readers = [SentenceReader(Bigrams(pairs, {}), (), (), Confusions(c)) for c in (counts, {"tui": counts["te"]})]
    assert ["".join(word for _, word in one.words("脱价", doubted)) for one in readers] == ["特价", "退价"]
