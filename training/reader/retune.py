"""Goes on with a shipped reader: talk that describes goods is lawful, and all else stays as it was read.

    python -m training.reader.retune --liveamr GIT_DIR [--punished FILE] --to configs/semantic/gemma

Shown are what hosts say of registered goods, with the goods' names and what is registered (development cases of
`tests/claims/registered`, by the project's own writers), as lawful; and beside them talk that the reader has learnt
before, each passage halfway between its label and what the reader makes of it now, so that what it learnt from texts
that are no longer at hand stays; single lines are shown nearer to their labels. This reader learns nothing of the
passports that the reader of links leaves out. Run `training.reader.train --only-calibrate` and `training.linking.train
--goes-on` next. Needs torch; takes some twenty minutes on two cores.
"""

import argparse
import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import configs
from bench.registered import passports_of
from bench.registered_cases import RegisteredCase, read_registered
from claims.classifier.files import open_encoder, save_classifier
from claims.classifier.links import FILE as LINKS
from claims.classifier.links import LinksFile
from claims.classifier.opening import LINKS_FOLDER
from claims.classifier.reader import ClassifierFile
from claims.engine.linking.passages import texts_of
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from training.reader.fit import KEEP, SEED, Fitted, Folding, arrays_of, samples_of, shipped
from training.reader.inputs import with_largest
from training.reader.train import GOODS, held_out, material
from training.reader.tuning import Sample, Tuned, tune

ROOT = Path(__file__).resolve().parents[2]

# How many passages of goods and of other talk are shown; registered texts of a passport; passes and rate.
DESCRIBED, OTHERS, TEXTS, PASSES, RATE = 4_000, 9_000, 6, 1, 2e-4
# How near to its label, between it and what was read before, a passage of other talk is shown, and a single line.
TO_LABEL, LINES_TO_LABEL = 0.5, 0.8


def described(
    cases: Sequence[RegisteredCase],
    passports: Sequence[Passport],
    goods: dict[str, str],
    folding: Folding,
    policy: Policy,
) -> Iterator[str]:
    """What is said of registered goods, what they are called, and some of what is registered, as the reader gets it."""
    dice, kinds = random.Random(SEED), {passport.id: passport.category.partition("/")[0] for passport in passports}
    for case in cases:
        for text in case.utterances:
            yield goods.get(kinds[case.product_id], "") + folding.of(text)
    for passport in passports:
        lines = [text.text for text in texts_of(passport, policy)]
        for text in (passport.name, *dice.sample(lines, min(TEXTS, len(lines)))):
            yield goods.get(kinds[passport.id], "") + folding.of(text)


def others(options: argparse.Namespace, file: ClassifierFile, folding: Folding) -> tuple[list[Sample], list[Sample]]:
    """Some of the talk that the reader has learnt from before, and all single lines, with their labels."""
    of, goods = material(options), dict(file.goods)
    kept, own = ([one for one in said if not held_out(one)] for said in (of.rooms, of.own))
    talk = samples_of((*kept, *of.sentences), own, file.classes, goods, folding)
    lines = samples_of((*of.lines, *of.punished), (), file.classes, goods, folding)
    return random.Random(SEED).sample(talk, min(OTHERS, len(talk))), lines


def as_read(samples: Sequence[Sample], fitted: Fitted, to_label: float) -> list[Sample]:
    """The same, each nearer to what the reader makes of it now."""
    shares = 1 / (1 + np.exp(-fitted.log_odds([sample.text for sample in samples])))
    return [
        replace(sample, breach=round(to_label * sample.breach + (1 - to_label) * float(share), 3))
        for sample, share in zip(samples, shares, strict=True)
    ]


def main() -> None:
    """Goes on and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--liveamr", type=Path, help="the git directory of loopback00/LiveAMR")
    parser.add_argument("--to", type=Path, default=ROOT / "configs" / "semantic" / "gemma")
    parser.add_argument("--punished", type=Path, help="JSON lines, as training.reader.train takes them")
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    folding, cases = Folding(policy), read_registered("dev")
    threads = os.cpu_count() or 1
    file, arrays, fitted = shipped(options.to, threads)
    before = Tuned(
        layers=fitted.layers,
        gate=fitted.gate,
        gate_bias=fitted.gate_bias,
        classes=fitted.classes,
        class_bias=fitted.class_bias,
    )
    file = file.model_copy(update={"goods": GOODS})
    links = LinksFile.model_validate_json((configs.SEMANTIC_DIR / LINKS_FOLDER / LINKS).read_bytes())
    unseen = set(links.held_out)
    goods = [passport for passport in passports_of("dev", policy) if passport.id not in unseen]
    seen = [case for case in cases if case.product_id not in unseen]
    every = dict.fromkeys(described(seen, goods, dict(file.goods), folding, policy))
    lawful = random.Random(SEED).sample([text for text in every if len(text) > 1], DESCRIBED)
    talk, lines = others(options, file, folding)
    shown = [*as_read(talk, fitted, TO_LABEL), *as_read(lines, fitted, LINES_TO_LABEL)]
    shown += [Sample(text=text, breach=0.0) for text in lawful]
    random.Random(SEED).shuffle(shown)
    print(f"{len(shown)} passages, of which {len(lawful)} describe goods", flush=True)
    tuned = tune(shown, len(file.classes), SEED, KEEP, passes=PASSES, threads=threads, start=before, rate=RATE)
    layers = with_largest(tuned.layers, [sample.text for sample in shown])
    rows = open_encoder(file.encoder, device="auto", threads=threads, layers=layers).encode(list(file.known))
    gone_on = {"described": len(lawful), "others": len(shown) - len(lawful), "passports": len(goods), "seed": SEED}
    record = {**file.record, "gone_on": gone_on}
    save_classifier(options.to, file.model_copy(update={"record": record}), arrays | arrays_of(tuned, rows), layers)
    print(json.dumps(gone_on))


if __name__ == "__main__":
    main()
