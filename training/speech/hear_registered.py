"""Writes what the packaged recogniser makes of some cases of what is said against what is registered.

    python -m training.speech.hear_registered [--part test] [--share 3] [--most 60]

One in so many of the part's spoken cases is chosen, by a digest of its id; each is spoken by one of eight voices,
without noise. `--most` hears no more of them; what was heard before is kept. `zhenyan bench registered` judges what was
heard of the frozen cases beside what was said; of the development cases only those are heard of whose passports the
reader of links learnt nothing, and what is missed of them may be read. Needs the synthesiser that
`training/speech/install-synthesiser.sh` installs; ten seconds of work an utterance and more.
"""

import argparse
import hashlib
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import configs
from bench.asr_material import VOICES, made_speech
from bench.hearing import packaged_recogniser, whole
from bench.registered_cases import RecognisedUtterance, RegisteredCase, heard_file, read_registered
from claims.classifier.links import FILE, LinksFile
from claims.classifier.opening import LINKS_FOLDER
from claims.obfuscation.doubts import doubts_of

ROOT = Path(__file__).resolve().parents[2]


def chosen(part: str, share: int) -> list[RegisteredCase]:
    """One in so many of the part's spoken cases, in the order of their digests; none of which was learnt from."""
    ordered = sorted(read_registered(part), key=lambda case: _digest(case.id))
    spoken = [case for case in ordered if case.channel == "speech" and int(_digest(case.id), 16) % share == 0]
    if part == "test":
        return spoken
    links = LinksFile.model_validate_json((configs.SEMANTIC_DIR / LINKS_FOLDER / FILE).read_text(encoding="utf-8"))
    return [case for case in spoken if case.product_id in links.held_out]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def heard(cases: Sequence[RegisteredCase], known: Collection[tuple[str, int]]) -> Iterator[RecognisedUtterance]:
    """Each utterance of the cases that is not `known`, as it is heard; of a case one voice."""
    said = [(VOICES[n % len(VOICES)], case, k) for n, case in enumerate(cases) for k in range(len(case.utterances))]
    said = [(voice, case, k) for voice, case, k in said if (case.id, k) not in known]
    spoken = made_speech([(voice, case.utterances[k]) for voice, case, k in said])
    recogniser = packaged_recogniser()
    for (voice, case, number), samples in zip(said, spoken, strict=True):
        if samples is not None:
            one = RecognisedUtterance(case=case.id, number=number, voice=voice, text="")
            for utterance in recogniser.transcribe([whole(samples)]):
                one = one.model_copy(update={"text": utterance.text, "doubts": doubts_of(utterance)})
            yield one


def main() -> None:
    """Speaks, hears and writes, each as soon as it is heard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--share", type=int, default=3)
    parser.add_argument("--most", type=int)
    options = parser.parse_args()
    to = heard_file(options.part)
    before = to.read_text(encoding="utf-8").splitlines() if to.is_file() else []
    known = {(one.case, one.number) for one in map(RecognisedUtterance.model_validate_json, before)}
    count = 0
    with to.open("a", encoding="utf-8") as file:
        for one in heard(chosen(options.part, options.share)[: options.most], known):
            file.write(one.model_dump_json(exclude_defaults=True) + "\n")
            file.flush()
            count += 1
    if not count and not known:
        sys.exit("nothing was spoken: training/speech/install-synthesiser.sh installs the synthesiser")
    print(f"{count} utterances added to {to.relative_to(ROOT)}, which had {len(known)}")


if __name__ == "__main__":
    main()
