"""What claims are compared with: banned-word lists, and a character n-gram classifier. Both see the text alone."""

from collections.abc import Iterable, Sequence
from typing import Any

import ahocorasick_rs
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from bench.cases import Case, CasesError
from bench.scoring import ScoredFlag, sweep
from claims.policy.policy import Policy

LAWFUL = "lawful"
# The strictest phrases, which hardly any lawful sentence holds.
STRICT_CONCEPTS = ("absolute_strong", "lowest_price_strong", "strong_cure", "guarantee", "safety_absolute")
# What platforms ask hosts to avoid: absolutes, ranks, lowest prices, organs of state, diseases, cures, promises.
BROAD_CONCEPTS = (
    *STRICT_CONCEPTS,
    *("superlative", "absolute", "top_word", "rank_word", "lowest_price", "state_organ", "special_supply"),
    *("disease", "cure", "vessel_words", "medical_words", "medical_term", "health_function", "health_function_verb"),
    *("weight_loss", "weight_loss_word", "guarantee_speed", "superstition", "superstition_word", "investment"),
    *("education_promise", "education_promise_word", "wechat"),
)


class WordList:
    """Any banned word is a flag without a class; its score is how many different words were found."""

    default_threshold = 1.0

    def __init__(self, kind: str, words: Iterable[str]) -> None:
        known = sorted({word.lower() for word in words})
        self.name = f"{kind}, {len(known)} words"
        self._automaton = ahocorasick_rs.AhoCorasick(known)

    def flags(self, case: Case) -> list[ScoredFlag]:
        """One flag, or none where no word stands in the text."""
        found = self.count(case.text)
        return [ScoredFlag(class_id=None, score=float(found))] if found else []

    def count(self, text: str) -> int:
        """How many different words of the list stand in the text."""
        return len(set(self._automaton.find_matches_as_strings(text.lower(), overlapping=True)))


def word_list(policy: Policy, kind: str, concepts: Sequence[str]) -> WordList:
    """The words of these concepts of the policy's lexicon as a plain list."""
    known = policy.lexicon.concepts
    for name in concepts:
        if name not in known:
            raise CasesError(f"word list {kind!r}: the policy has no concept {name!r}; mend the list in bench/peers.py")
    return WordList(kind, (word for name in concepts for word in known[name]))


class NgramClassifier:
    """Character 1–4-grams by TF-IDF, one logistic regression a class against the rest, `lawful` one of the classes.

    The score is how unlikely `lawful` is; the class is the likeliest of the others. With few examples a class `lawful`
    nearly always stays the likeliest, so the default threshold is the one of best F1 in five-fold cross-validation on
    the training examples.
    """

    def __init__(self, name: str, examples: Sequence[Case]) -> None:
        self.name = name
        self.default_threshold = _chosen_threshold(examples)
        self._fitted = Fitted(examples)
        self._seen = frozenset(case.id for case in examples)

    def has_seen(self, cases: Iterable[Case]) -> bool:
        """True if one of the cases was among the training examples."""
        return any(case.id in self._seen for case in cases)

    def flags(self, case: Case) -> list[ScoredFlag]:
        """One flag, of the likeliest class."""
        return self._fitted.flags([case])[0]

    def flags_together(self, cases: Sequence[Case]) -> list[list[ScoredFlag]]:
        """The same for many cases in one call, as an archive would be done."""
        return self._fitted.flags(cases)


class Fitted:
    """A pipeline trained on examples."""

    def __init__(self, examples: Sequence[Case]) -> None:
        features = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
        # C of 1, 10 and 100, with and without class weights, were within .02 of each other in cross-validation.
        one_against_rest = OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear"))
        self._pipeline: Any = make_pipeline(features, one_against_rest)
        self._pipeline.fit([c.text for c in examples], [c.classes[0] if c.is_violation else LAWFUL for c in examples])
        names = [str(name) for name in self._pipeline.classes_]
        self._lawful = names.index(LAWFUL)
        self._others = np.array([i for i in range(len(names)) if i != self._lawful])
        self._names = names

    def flags(self, cases: Sequence[Case]) -> list[list[ScoredFlag]]:
        """One flag a case."""
        shares = self._pipeline.predict_proba([c.text for c in cases])
        likeliest = self._others[shares[:, self._others].argmax(axis=1)]
        return [
            [ScoredFlag(class_id=self._names[int(index)], score=1 - float(row[self._lawful]))]
            for index, row in zip(likeliest, shares, strict=True)
        ]


def _chosen_threshold(examples: Sequence[Case]) -> float:
    flags: dict[str, list[ScoredFlag]] = {}
    for train, test in KFold(n_splits=5, shuffle=True, random_state=0).split(examples):
        fitted = Fitted([examples[i] for i in train])
        unseen = [examples[i] for i in test]
        flags |= dict(zip((c.id for c in unseen), fitted.flags(unseen), strict=True))
    return max(sweep(examples, flags), key=lambda f: (f.f1, f.threshold)).threshold
