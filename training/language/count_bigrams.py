"""Counts which words follow each other in our own sentences: by it readings are weighed (`sentence_by_sound`).

    python -m training.language.count_bigrams [--to configs/policy/zh-CN/bigrams.txt]

Sentences that are learnt from (`training/sentences/sentences*.yaml`), cut into words by the policy's own. A minute.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import yaml

import configs
from claims.policy.policy import Policy
from claims.text.bigrams import END, NUMBER, START, rows_of

ROOT = Path(__file__).resolve().parents[2]


def sentences() -> Iterator[str]:
    """Every passage of every sentence, claims and lawful ones."""
    for file in sorted((ROOT / "training" / "sentences").glob("sentences*.yaml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for key in ("claims", "lawful"):
                for text in group.get(key, ()):
                    yield from text.split(" / ")


def main() -> None:
    """Counts and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=configs.POLICY_DIR / "bigrams.txt")
    options = parser.parse_args()
    words = Policy(configs.POLICY_DIR).words
    pairs: dict[str, Counter[str]] = {}
    for text in sentences():
        for parts in rows_of(text):
            cut = [[NUMBER] if part.is_number else words.cut(text[part.start : part.end]) for part in parts]
            for first, second in pairwise([START, *chain.from_iterable(cut), END]):
                pairs.setdefault(first, Counter())[second] += 1
    lines = ["# Words that follow each other in training/sentences/*.yaml, counted; ^ begins, 0 is a number, $ ends."]
    for first, after in sorted(pairs.items()):
        lines.append(" ".join((first, *(f"{word} {count}" for word, count in sorted(after.items())))))
    options.to.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{options.to}: {len(lines) - 1} words")


if __name__ == "__main__":
    main()
