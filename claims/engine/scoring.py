"""One calibrated score: what detectors found, weighed anew by what the reader makes of the passage.

A statement that was made outright is only raised; of what only a record can decide, the reader says nothing.
"""

import math
from dataclasses import dataclass, replace

from claims.classifier.calibration import Features
from claims.classifier.reading import Known, Reader, Reading
from claims.engine.extract import category_allows
from claims.engine.judged import Judged, held_back, under_the_bar
from claims.engine.scene import Scene
from claims.engine.window import WindowPassage
from claims.obfuscation.pictures import read_out
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import ScoreStep

_PROPOSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAs:
    """What the reader makes of a passage for these goods: of any breach, and of the classes that hold for them.

    `of_record`: the likeliest class of all is one that only a record decides.
    """

    reading: Reading
    open_classes: tuple[tuple[str, float], ...]
    of_record: bool

    @property
    def proposed(self) -> tuple[str, ...]:
        """The likeliest of the classes that hold for the goods."""
        return tuple(class_id for class_id, _ in self.open_classes[:_PROPOSED])

    @property
    def open_share(self) -> float:
        """How much of a breach the open classes take, 0 to 1."""
        return min(1.0, math.fsum(share for _, share in self.open_classes))


class PassageReader:
    """The reader, asked of a scene's passages by goods of their kind."""

    def __init__(self, scene: Scene, policy: Policy, reader: Reader, passport: Passport) -> None:
        self.calibration = reader.calibration(passport.goods)
        self._scene, self._policy, self._reader = scene, policy, reader
        self._goods = passport.goods
        # Words alone may breach these classes, and they hold for the goods.
        self._open = frozenset(
            c for c, file in policy.class_files.items() if not file.recorded and category_allows(file, None, passport)
        )

    def bar_of(self, class_id: str) -> tuple[float, str]:
        """From which score on the class is flagged, by its own budget or the policy's, and that told."""
        own = self._policy.class_files[class_id].false_alarms_per_hour
        budget = self._policy.settings.false_alarms_per_hour if own is None else own
        bar = self.calibration.bar(budget)
        whose = "" if own is None else " of its class"
        return bar, f"flagged from {bar:.2f} on: the budget{whose} is {budget:g} false alarms in an hour of talk"

    def of_passage(self, heard: WindowPassage) -> ReadAs:
        """What a passage says."""
        return self.of_text(read_out(heard.folded, self._policy.pictures))

    def of_text(self, text: str) -> ReadAs:
        """What these folded words say."""
        reading = self._reader.read(text, self._goods)
        classes = tuple((c, share) for c, share in reading.classes if c in self._open)
        of_record = bool(reading.classes) and self._policy.class_files[reading.classes[0][0]].recorded
        return ReadAs(reading=reading, open_classes=classes, of_record=of_record)

    def like(self, text: str, class_id: str) -> tuple[Known, ...]:
        """Which passages, known to breach the class, these words are most alike."""
        return self._reader.like(text, self._goods, class_id)

    def of_claim(self, judged: Judged) -> ReadAs:
        """What those of its passages says that is likeliest a breach."""
        passages = self._scene.window.passages_of(judged.start, judged.end)
        return max((self.of_passage(h) for h in passages), key=lambda read: read.reading.breach)


def rescored(judged: Judged, read: PassageReader, scene: Scene, policy: Policy) -> Judged:
    """The claim with its calibrated score; as it is where only a record decides, or nothing is to be found here."""
    if not is_scored(judged, policy):
        return judged
    of_claim = read.of_claim(judged)
    given = Features(
        detector=judged.score,
        reader=of_claim.reading.breach,
        open_share=max(of_claim.open_share, dict(of_claim.reading.classes).get(judged.class_id, 0.0)),
    )
    flag_at, step = read.bar_of(judged.class_id)
    steps = (*judged.steps, *read.calibration.steps(given))
    score = steps[-1].value
    steps = (*steps, ScoreStep(step=step, value=score))
    if judged.protected:
        flag_at = min(flag_at, judged.flag_at)
        if score < judged.score:
            score = judged.score
            steps = (*steps, ScoreStep(step="said outright: no learned reading lowers it", value=score))
    if judged.lowered_by:
        steps, score = under_the_bar(f"a note at most: {', '.join(judged.lowered_by)}", steps, score, flag_at)
    steps, score = held_back(judged.start, judged.end, scene, steps, score, flag_at)
    return replace(judged, steps=steps, score=score, flag_at=flag_at, proposed=of_claim.proposed)


def is_scored(judged: Judged, policy: Policy) -> bool:
    """Whether the reader has a say in the claim: it could flag, and no record alone decides it.

    Whether one does, its detector says, or else its class; a registered value that says otherwise always does.
    """
    own = judged.candidate.rule.rule.recorded if judged.candidate is not None else None
    recorded = policy.class_files[judged.class_id].recorded if own is None else own
    recorded = recorded or judged.judgement.by_value
    return not (recorded or judged.harmless or judged.judgement.note_only or judged.score <= 0)
