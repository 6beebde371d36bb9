"""Trains the reader of links: which registered entry a passage speaks of, and how likely it says otherwise.

    python -m training.linking.train [--to configs/semantic/links]
    python -m training.linking.train --goes-on [--most 10000] [--heard 0.5] [--readers gemma]
    python -m training.linking.train --only-tables [--readers gemma]

Learnt from the development cases of `tests/claims/registered`, by the project's own writers alone. Pairs of what is
said (a number or a word that may be linked, or the whole passage) and of what is registered (`label:value`). Of some
passports nothing is learnt: by their cases `training.linking.fit` sets what a reading is worth; run it next. With
`--goes-on` training begins at the reader in `--to`, goes once through the pairs at a lower rate, and leaves out the
passports that it left out; with `--heard` a share of the pairs is shown as a recogniser might have written them; with
`--only-tables` it stays as it is, and which entry is near is learnt anew, as it must
be after the reader of breaches has changed. Needs scikit-learn and torch; a fit takes an hour on two cores, or two
minutes for a thousand pairs.
"""

import argparse
import json
import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

import configs
from bench.registered import engine_of, same_path
from bench.registered_cases import RegisteredCase, read_registered
from claims.classifier.arrays import unpacked
from claims.classifier.gemma import GEMMA, PackagedGemma
from claims.classifier.links import FILE, LAYERS, WEIGHTS, LinksFile, save_links
from claims.classifier.opening import LINKS_FOLDER
from claims.classifier.reading import pair_of
from claims.engine.linking.passages import LONGEST, before_of, pointed_of, texts_of
from claims.policy.policy import Policy
from claims.text.normalise import normalise
from claims.text.numbers import find_numbers
from training.linking.fit import READ_FROM, Fit
from training.linking.material import collected, scenes_of
from training.reader.fit import KEEP
from training.reader.inputs import with_largest
from training.reader.tuning import RATE as FULL_RATE
from training.reader.tuning import Sample, Tuned, tune
from training.speech.misheard import Channel, read_heard

ROOT = Path(__file__).resolve().parents[2]

Floats = NDArray[np.float32]
# Over the directions of these a passage points to what it speaks of.
READERS = ("gemma", "own")
# Of so many passports in a hundred nothing is learnt.
HELD_OUT, SEED, PASSES, SLOWER = 20, 0, 2, 3e-4
# How often a passage is shown with one of its three nearest texts that it does not contradict.
NEAREST, SHOWN_LAWFUL, SHOWN_FIRST, SHOWN_OTHER = 3, 0.2, 0.35, 0.15
WIDE, RATE, ROUNDS, BATCH = 128, 2e-3, 8, 32
# A pair as `pair_of` writes it; what is said is a whole passage from so many characters on.
_PAIR, _WHOLE = re.compile(r"(.*?。)(.*)【(.*)】(.*)", re.DOTALL), 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOnce:
    """A passage of a case, what stands before it, and the texts of its passport, of which it may contradict one."""

    case: RegisteredCase
    goods: str
    before: str
    text: str
    entries: tuple[str, ...]
    contradicted: int | None

    @property
    def pointed(self) -> tuple[str, ...]:
        """What tells which entry is near: the passage alone, and with what stands before."""
        return pointed_of(self.before, self.text[:LONGEST])


def trained_encoder(name: str) -> PackagedGemma:
    """The encoder of a shipped reader of breaches."""
    return PackagedGemma(layers=(configs.SEMANTIC_DIR / name / LAYERS).read_bytes())


def left_off(folder: Path) -> tuple[LinksFile, Tuned]:
    """The reader of links in the folder, as training goes on from it."""
    file = LinksFile.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    gate = unpacked((folder / WEIGHTS).read_bytes())
    nothing = np.zeros((gate["gate"].shape[0], 1), np.float32)
    return file, Tuned(
        layers=(folder / LAYERS).read_bytes(),
        gate=gate["gate"],
        gate_bias=float(gate["gate_bias"][0]),
        classes=nothing,
        class_bias=nothing[0],
    )


def held_out_of(cases: Sequence[RegisteredCase]) -> tuple[str, ...]:
    """The passports of which nothing is learnt."""
    products = sorted({case.product_id for case in cases})
    random.Random(SEED).shuffle(products)
    return tuple(sorted(products[: len(products) * HELD_OUT // 100]))


def passages_of(cases: Sequence[RegisteredCase], policy: Policy) -> list[SaidOnce]:
    """Every passage, as it is judged."""
    engine, found = engine_of("dev", policy, None), []
    for case in cases:
        for scene in scenes_of(engine, case.id, case.passages):
            window, passport = scene.window, scene.choice.passport
            assert passport is not None
            texts = texts_of(passport, policy)
            text = window.text[window.focus_start : window.focus_end]
            is_within = case.said is not None and normalise(case.said).text in text
            right = [n for n, one in enumerate(texts) if is_within and same_path(one.path, case.contradicted)]
            found.append(
                SaidOnce(
                    case=case,
                    goods=passport.name,
                    before=before_of(window),
                    text=text,
                    entries=tuple(one.text for one in texts),
                    contradicted=right[0] if right else None,
                )
            )
    return found


class Pointing:
    """Two narrow tables over directions: by them a passage lies nearest to the text that it contradicts."""

    def __init__(self, said: Sequence[SaidOnce], encoder: PackagedGemma) -> None:
        texts = list(dict.fromkeys(t for one in said for t in (*one.pointed, *one.entries)))
        whole = encoder.encode(texts)
        self._place = {text: n for n, text in enumerate(texts)}
        whole = whole / np.linalg.norm(whole, axis=1, keepdims=True)
        self.mean: Floats = whole.mean(axis=0)
        self._directions = torch.from_numpy(whole - self.mean)
        torch.manual_seed(SEED)
        first = torch.randn(whole.shape[1], WIDE) / whole.shape[1] ** 0.5
        self._tables = [torch.nn.Parameter(first.clone()), torch.nn.Parameter(first.clone())]
        self._scale = torch.nn.Parameter(torch.tensor(10.0))

    def learn(self, said: Sequence[SaidOnce]) -> None:
        """From passages that contradict one of their texts."""
        steps = torch.optim.AdamW([*self._tables, self._scale], lr=RATE, weight_decay=0.05)
        shown, dice = [one for one in said if one.contradicted is not None], random.Random(SEED)
        for _ in range(ROUNDS):
            dice.shuffle(shown)
            for at in range(0, len(shown), BATCH):
                batch = shown[at : at + BATCH]
                loss = torch.stack([self._loss(one) for one in batch]).mean()
                steps.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                steps.step()

    def near(self, one: SaidOnce) -> list[float]:
        """How near each of its texts is to the passage."""
        if not one.entries:
            return []
        with torch.inference_mode():
            return [float(n) for n in self._near(one).max(dim=0).values]

    def arrays(self) -> dict[str, Floats]:
        """As the reader of links has them."""
        said, registered = (table.detach().numpy() for table in self._tables)
        return {"mean": self.mean, "said": said, "registered": registered, "scale": self._scale.detach().numpy()[None]}

    def _loss(self, one: SaidOnce) -> torch.Tensor:
        assert one.contradicted is not None
        near = self._near(one)
        return functional.cross_entropy(near, torch.full((len(near),), one.contradicted))

    def _near(self, one: SaidOnce) -> torch.Tensor:
        """One row for each text that points, one column for each entry."""
        said, registered = (
            functional.normalize(self._directions[[self._place[text] for text in texts]] @ table, dim=1)
            for texts, table in zip((one.pointed, one.entries), self._tables, strict=True)
        )
        return self._scale * (said @ registered.T)


def samples_of(said: Sequence[SaidOnce], pointing: Pointing, policy: Policy, held_out: frozenset[str]) -> list[Sample]:
    """The pairs that are shown, in an order of chance."""
    dice, found = random.Random(SEED), []
    for options in collected(policy).values():
        fit = Fit(options)
        share = fit.unseen()
        every = [(one.product, option) for one in options for option in one.options]
        for (product, option), likely in zip(every, share, strict=True):
            if product not in held_out and not option.agrees and (option.is_right or likely >= READ_FROM):
                found.append(Sample(text=option.pair, breach=float(option.is_right)))
    for one in said:
        if one.case.product_id in held_out:
            continue
        near = pointing.near(one)
        for rank, n in enumerate(sorted(range(len(near)), key=lambda n: -near[n])):
            right = n == one.contradicted
            if right or (rank < NEAREST and dice.random() < _shown(one, rank)):
                pair = pair_of(one.goods, one.entries[n], one.before, one.text[:LONGEST])
                found.append(Sample(text=pair, breach=float(right)))
    dice.shuffle(found)
    return found


def as_many_of_both(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many, in the order they have, at most half of them contradicting."""
    left, kept = {True: most // 2, False: most - most // 2}, []
    for sample in samples:
        contradicts = sample.breach > 0
        if left[contradicts]:
            left[contradicts] -= 1
            kept.append(sample)
    return kept


def heard_pair(pair: str, channel: Channel, dice: random.Random) -> str:
    """The pair as a recogniser might have written what was said; what is registered stays, and so do numbers.

    Words that are linked were heard right, or there was nothing to link: of a short text between the brackets only
    the numbers are written in digits now and then. A pair of a whole passage has its words changed too.
    """
    found = _PAIR.fullmatch(pair)
    if found is None:
        raise ValueError(f"expected 'goods entry。before【said】behind', got {pair!r}")
    head, before, said, behind = found.groups()
    written = channel.write(said, dice).text if said else said
    if len(said) < _WHOLE or _numbers_in(written) != _numbers_in(said):
        written = said
    before, behind = (channel.write(text, dice).text if text else text for text in (before, behind))
    return f"{head}{before}【{written}】{behind}"


def as_heard(samples: Sequence[Sample], share: float) -> list[Sample]:
    """The samples, so many of them as a recogniser might have written them."""
    channel, dice = Channel(read_heard(), (sample.text for sample in samples)), random.Random(SEED)
    return [replace(one, text=heard_pair(one.text, channel, dice)) if dice.random() < share else one for one in samples]


def _numbers_in(text: str) -> list[tuple[object, object]]:
    return [(number.low, number.high) for number in find_numbers(text)]


def _shown(one: SaidOnce, rank: int) -> float:
    if one.case.contradicted is not None:
        return SHOWN_OTHER
    return SHOWN_FIRST if rank == 0 else SHOWN_LAWFUL


def pointed_right(said: Sequence[SaidOnce], pointing: Pointing) -> dict[str, float]:
    """How often the text that is contradicted is among the nearest one, two, three, four."""
    wanted = [one for one in said if one.contradicted is not None]
    ranks = []
    for one in wanted:
        near = pointing.near(one)
        assert one.contradicted is not None
        ranks.append(sum(n > near[one.contradicted] for n in near))
    return {str(k): round(float(np.mean([rank < k for rank in ranks])), 3) for k in (1, 2, 3, 4)}


def shown_pairs(
    said: Sequence[SaidOnce], pointing: Pointing, policy: Policy, held_out: Sequence[str], options: argparse.Namespace
) -> list[Sample]:
    """The pairs that are shown, no more than asked for, with the share of heard ones that was asked for."""
    shown = samples_of(said, pointing, policy, frozenset(held_out))
    shown = shown if options.most is None else as_many_of_both(shown, options.most)
    return as_heard(shown, options.heard) if options.heard else shown


def options_given() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=configs.SEMANTIC_DIR / LINKS_FOLDER)
    parser.add_argument("--goes-on", action="store_true", help="begins at the reader that stands there")
    parser.add_argument("--only-tables", action="store_true", help="learns only which entry is near")
    parser.add_argument("--readers", nargs="+", default=READERS, help="for whom tables are learnt; others' stay")
    parser.add_argument("--most", type=int, help="shows no more pairs, at most half of which contradict")
    parser.add_argument("--heard", type=float, default=0.0, help="share of pairs as a recogniser writes them")
    return parser.parse_args()


def main() -> None:
    """Trains and writes."""
    options = options_given()
    policy, cases = Policy(configs.POLICY_DIR), read_registered("dev")
    stands = left_off(options.to) if options.goes_on or options.only_tables else None
    held_out = held_out_of(cases) if stands is None else stands[0].held_out
    said = passages_of(cases, policy)
    learnt = [one for one in said if one.case.product_id not in held_out]
    unseen = [one for one in said if one.case.product_id in held_out]
    pointing = {name: Pointing(said, trained_encoder(name)) for name in options.readers}
    for each in pointing.values():
        each.learn(learnt)
    record: dict[str, object] = {}
    if options.only_tables:
        assert stands is not None
        record, tuned = dict(stands[0].record), stands[1]
        layers = tuned.layers
    else:
        shown = shown_pairs(said, pointing[options.readers[0]], policy, held_out, options)
        contradicting = sum(sample.breach > 0 for sample in shown)
        print(f"{len(shown)} pairs, of which {contradicting} contradict", flush=True)
        passes, rate, start = (PASSES, FULL_RATE, None) if stands is None else (1, SLOWER, stands[1])
        tuned = tune(shown, 1, SEED, KEEP, threads=os.cpu_count() or 1, passes=passes, start=start, rate=rate)
        layers = with_largest(tuned.layers, [sample.text for sample in shown])
        passports = len({case.product_id for case in cases}) - len(held_out)
        record = {"passports": passports, "pairs": len(shown), "contradicting": contradicting, "seed": SEED}
        record |= {"gone_on": options.goes_on, "heard": options.heard}
    record["pointed_right_unseen"] = {name: pointed_right(unseen, each) for name, each in pointing.items()}
    file = LinksFile(
        encoder=GEMMA, weights_sha256="", layers_sha256="", nearness_sha256={}, held_out=held_out, record=record
    )
    gate = {"gate": tuned.gate, "gate_bias": np.array([tuned.gate_bias], dtype=np.float32)}
    kept = {name: unpacked((options.to / f"{name}.npz").read_bytes()) for name in READERS if name not in pointing}
    save_links(options.to, file, gate, layers, kept | {name: each.arrays() for name, each in pointing.items()})
    print(json.dumps(record))


if __name__ == "__main__":
    main()
