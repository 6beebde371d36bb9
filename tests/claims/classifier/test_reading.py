"""The reader with its real weights: what is read, kept and remembered of a passage."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import configs
from claims.classifier.e5 import PackagedE5
from claims.classifier.encoding_cache import keeping, text_key
from claims.classifier.files import open_classifier
from claims.classifier.reader import NOTHING, Classifier, Encoder
from claims.engine.conversation import ClaimEngine
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from tests.claims.support import AT, HONEY, Says, Speaker, own_encoder

IMPLIED = "我爸原来一天三顿药,喝了这个现在一颗都不碰了"
LAWFUL = "三号链接是两瓶装的,拍下今天就发货"
GEMMA, E5 = configs.SEMANTIC_DIR / "gemma", configs.SEMANTIC_DIR / "e5"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return open_classifier(GEMMA)


class Counting:
    """A real encoder that counts what it is given."""

    def __init__(self, encoder: PackagedE5 | None = None, batch_size: int = 64) -> None:
        self._encoder: Encoder = encoder or own_encoder()
        self.batch_size = batch_size
        self.key = self._encoder.key
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += texts
        return self._encoder.encode(texts)


def counted() -> tuple[Classifier, Counting]:
    encoder = Counting()
    classifier = open_classifier(GEMMA, encoder=lambda *_, **__: encoder)
    encoder.texts.clear()
    return classifier, encoder


def test_alike_sentences_point_alike() -> None:
    encoder = PackagedE5()
    one, other, far = encoder.encode(["喝了它你就不用打针了", "喝完这个针都不用打了", "这双鞋是四十二码的"])
    assert np.allclose(np.linalg.norm([one, other, far], axis=1), 1.0, atol=1e-3)
    assert one @ other > one @ far
    assert encoder.encode([]).shape == (0, 384)


def test_what_is_implied_is_told_from_plain_selling_with_its_class(classifier: Classifier) -> None:
    implied, lawful = classifier.read(IMPLIED, "food"), classifier.read(LAWFUL, "food")
    assert implied.breach > 1 > -1 > lawful.breach
    assert implied.classes[0][0] == "DISEASE_FOOD"
    assert [share for _, share in implied.classes] == sorted((s for _, s in implied.classes), reverse=True)
    assert sum(share for _, share in implied.classes) == pytest.approx(1.0, abs=5e-3)


def test_it_tells_which_known_breaches_a_passage_is_like(classifier: Classifier) -> None:
    known = classifier.like(IMPLIED, "food", "DISEASE_FOOD")
    assert len(known) == 2
    assert all(0 < one.similarity <= 1.001 for one in known)
    assert classifier.like(IMPLIED, "food", "NO_SUCH") == ()


@pytest.mark.parametrize("text", ["", "嗯", "。"])
def test_nothing_is_read_into_next_to_no_words(classifier: Classifier, text: str) -> None:
    assert classifier.read(text, "food").breach == NOTHING or len(text) > 1


def test_how_it_was_written_down_says_nothing(classifier: Classifier) -> None:
    written = ["吃了它。你就不用打针了!", "吃了它,你就不用打针了", "吃了它 你就不用打针了……"]
    assert len({classifier.as_read(text, "food") for text in written}) == 1
    assert len({classifier.read(text, "food").breach for text in written}) == 1


def test_the_kind_of_goods_is_told_and_counts(classifier: Classifier) -> None:
    said = "涂上去斑就淡了"
    assert classifier.as_read(said, "food") != classifier.as_read(said, "cosmetics")
    assert classifier.as_read(said, "no such goods") == said
    assert dict(classifier.read(said, "cosmetics").classes) != dict(classifier.read(said, "food").classes)


def test_what_the_encoder_read_is_kept_and_read_no_more() -> None:
    first, asked = counted()
    keeper = keeping(first)
    assert keeper is not None
    said = ["今天给大家带来这个", IMPLIED, LAWFUL]
    read = [keeper.read(text, "food") for text in said]
    kept = keeper.take()
    assert kept.encoder == own_encoder().key
    assert set(kept.by_text) == {text_key(text) for text in asked.texts}
    assert keeper.take().by_text == {}
    second, again = counted()
    second.recall(kept.by_text)
    assert [second.read(text, "food") for text in said] == read
    assert again.texts == []


def test_what_another_encoder_read_is_not_taken(classifier: Classifier) -> None:
    other, asked = counted()
    other.recall({text_key(other.as_read(IMPLIED, "food")): b"\0" * 8})
    assert other.read(IMPLIED, "food") == classifier.read(IMPLIED, "food")
    assert asked.texts == [other.as_read(IMPLIED, "food")]


def test_nothing_is_kept_of_an_encoder_that_is_known_by_name_alone() -> None:
    nameless = Counting()
    nameless.key = None
    assert keeping(open_classifier(GEMMA, encoder=lambda *_, **__: nameless)) is None
    assert keeping(Says(1.0)) is None
    assert keeping(None) is None


def test_what_was_read_once_is_not_read_again() -> None:
    classifier, encoder = counted()
    first = [classifier.read(text, "food") for text in (LAWFUL, IMPLIED)]
    assert len(encoder.texts) == 2
    assert [classifier.read(text, "food") for text in (LAWFUL, IMPLIED)] == first
    assert classifier.like(IMPLIED, "food", "DISEASE_FOOD")
    assert len(encoder.texts) == 2


def test_an_encoder_that_reads_many_at_once_is_read_ahead() -> None:
    encoder = Counting(PackagedE5())
    classifier = open_classifier(E5, encoder=lambda *_, **__: encoder)
    encoder.texts.clear()
    classifier.read_ahead([IMPLIED, LAWFUL, IMPLIED], "food")
    assert classifier.read(IMPLIED, "food").breach > classifier.read(LAWFUL, "food").breach
    assert len(encoder.texts) == 2


def test_the_engine_reads_ahead_where_batches_pay(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    classifier, encoder = counted()
    engine = ClaimEngine(policy, load(HONEY), at=AT, reader=classifier)
    speaker = Speaker(engine.conversation("s1"))
    engine.read_ahead([speaker.passage(text, product_id="P-2") for text in (IMPLIED, LAWFUL)])
    assert len(encoder.texts) == 2
    engine.read_ahead([speaker.passage("不知道说的是什么商品")])
    assert len(encoder.texts) == 2
