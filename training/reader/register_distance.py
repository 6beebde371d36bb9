"""How near the project's own talk comes to real rooms: how well a classifier tells them apart, words of goods masked.

    python -m training.reader.register_distance --liveamr GIT_DIR [--held]

Prints the area under the curve (0.5: not at all, 1: always) of a logistic regression over runs of one to three
characters, each fold trained on other windows. Masked are goods, brands, conditions, functions, numbers and prices,
since they tell the subject and not the manner. Needs scikit-learn; nothing is stored.
"""

import argparse
import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

import configs
from bench.talk_rows import HELD, OWN, fetched_windows, rooms
from claims.classifier.reader import plain
from claims.policy.policy import Policy
from cli.policy.labelled_talk import Said, written

ROOT = Path(__file__).resolve().parents[2]

SEED, FOLDS = 0, 5
MASKED = (
    *("disease", "symptom", "indicator", "body_part", "body_any", "health_function", "health_function_verb"),
    *("product_noun", "product_word", "ingredient_word", "nutrient_word", "material_word", "medicine", "competitor"),
)
NUMBER = re.compile(r"[0-9零一二三四五六七八九十百千万两半几]+")


def masked(text: str, words: re.Pattern[str]) -> str:
    """The passage without what tells its subject."""
    return NUMBER.sub("#", words.sub("@", plain(text)))


def subject_words(policy: Policy) -> re.Pattern[str]:
    """Matches what is masked, the longest first."""
    found = {e.form for e in policy.lexicon.entries if len(e.form) > 1 and not set(MASKED).isdisjoint(e.concepts)}
    return re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True))))


def area(real: Sequence[Said], own: Sequence[Said], words: re.Pattern[str]) -> float:
    """How well the two are told apart, over passages of windows that the classifier did not see."""
    said = [*real, *own]
    texts = [masked(one.text, words) for one in said]
    of_own = np.array([0] * len(real) + [1] * len(own))
    windows = [f"{kind}:{one.window}" for kind, one in zip(of_own, said, strict=True)]
    scores = np.zeros(len(said))
    for learnt, tried in GroupKFold(FOLDS).split(texts, of_own, windows):
        table = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, sublinear_tf=True)
        seen = table.fit_transform([texts[i] for i in learnt])
        fitted = LogisticRegression(max_iter=300).fit(seen, of_own[learnt])
        scores[tried] = fitted.decision_function(table.transform([texts[i] for i in tried]))
    return float(roc_auc_score(of_own, scores))


def main() -> None:
    """Prints the figure for all own talk, and for what another writer wrote where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--liveamr", type=Path, required=True, metavar="GIT_DIR")
    parser.add_argument("--held", action="store_true", help="of the talk that is held back, too")
    options = parser.parse_args()
    words = subject_words(Policy(configs.POLICY_DIR))
    dice = random.Random(SEED)
    real = list(rooms(fetched_windows(options.liveamr)))
    for name, file in (("own", OWN), *([("held back", HELD)] if options.held else [])):
        talk = list(written(file))
        count = min(len(real), len(talk))
        figure = area(dice.sample(real, count), dice.sample(talk, count), words)
        print(f"{name}: {count} passages of either, area {figure:.3f}")


if __name__ == "__main__":
    main()
