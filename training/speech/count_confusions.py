"""Counts what the packaged recogniser writes for each syllable: by it readings are weighed (`obfuscation/confusions`).

    python -m training.speech.count_confusions

Over the lines that `hear_sentences.py` wrote. Seconds.
"""

from collections import Counter
from pathlib import Path

from claims.obfuscation.confusions import COUNTED, RIGHT
from claims.text.spell import syllable
from training.speech.misheard import read_heard

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Counts and writes."""
    counts: dict[str, Counter[str]] = {}
    lines = read_heard()
    for line in lines:
        for meant, place in line.characters():
            heard = line.heard[place]
            counts.setdefault(syllable(meant), Counter())[RIGHT if meant == heard else syllable(heard)] += 1
    rows = [
        f"# Syllables as they were said, then what was written for them and how often; {RIGHT} is the same character."
    ]
    rows += [
        " ".join((said, *(f"{heard} {count}" for heard, count in sorted(of_it.items()))))
        for said, of_it in sorted(counts.items())
    ]
    COUNTED.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print(f"{len(counts)} syllables of {len(lines)} lines written to {COUNTED.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
