"""The question about a finding: the policy's words, and as data the class, the law, the passport, the passage."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from claims.engine.extract import category_allows
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.policy.second_reader import SecondReaderFile
from claims.second_reader.cleaning import as_data, speaks_to_machine
from claims.second_reader.restating import about
from claims.second_reader.types import SENT, Decided, Question, Sent
from claims.types import Finding, Passage

_MOST_CLASSES, _MOST_READINGS = 4, 5
_MOST_DOUBTS = 3
_BY_FACTS = "platform_fact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a question is made from.

    `passages`: those near the finding and its own, in order. `day`: of the broadcast; None: not known. `beside`: the
    classes of other findings on the same passages. `private`: names that must not leave the machine.
    """

    finding: Finding
    passages: tuple[Passage, ...]
    passport: Passport | None
    day: date | None
    beside: tuple[str, ...] = ()
    decided: tuple[Decided, ...] = ()
    private: tuple[str, ...] = ()
    sends: tuple[Sent, ...] = field(default=SENT)

    @property
    def own(self) -> tuple[Passage, ...]:
        """The passages in which the claim was made first."""
        witness = self.finding.witnesses[0].passage_ids if self.finding.witnesses else self.finding.passage_ids
        return tuple(passage for passage in self.passages if passage.id in witness)


def question(material: Material, policy: Policy) -> Question | None:
    """What is asked of the finding; None where the policy asks nothing, or its passages are not there."""
    asked, own = policy.second_reader, material.own
    if asked is None or not own:
        return None
    finding = material.finding

    def plain(text: str) -> str:
        return as_data(text, asked.text_chars, material.private, asked.host)

    classes = _classes(material, policy)
    heard = "\n".join(passage.text for passage in own)
    readings = tuple(plain(text) for text in _readings(own)) if "readings" in material.sends else (plain(heard),)
    before, after = _neighbours(material, asked.neighbours)
    data: dict[str, object] = {
        "classes": [_class(class_id, policy) for class_id in classes],
        "passage": {"channel": finding.channel, "text": readings[0], "claim": plain(finding.quote)},
    }
    if "neighbours" in material.sends:
        data |= {"before": [plain(p.text) for p in before], "after": [plain(p.text) for p in after]}
    if len(readings) > 1:
        data["readings"] = [{"reading": number, "text": text} for number, text in enumerate(readings)]
    if "exemptions" in material.sends:
        data["exemptions"] = list(_exemptions(finding.class_id, policy))
    if "law" in material.sends:
        data["law"] = [{"cite": cite, "text": text} for cite, text in _law(finding, material.day, policy, asked)]
    if "goods" in material.sends and material.passport is not None:
        data["goods"] = material.passport.category
    if "passport" in material.sends and material.passport is not None:
        data["passport"] = [plain(line) for line in _lines(material.passport, finding, heard)][: asked.lines]
    followed = json.dumps([asked.system, asked.task, data, material.passport and material.passport.version])
    if "decided" in material.sends and material.decided:
        data["decided"] = [
            {"text": plain(one.quote), "answer": "breach" if one.violates else "lawful"}
            for one in material.decided[: asked.decided]
        ]
    return Question(
        finding_id=finding.finding_id,
        about=about(finding),
        prompt=prompt_name(policy),
        system=asked.system,
        task=asked.task,
        data=data,
        asked=hashlib.sha256(followed.encode()).hexdigest(),
        classes=classes,
        readings=readings,
        language=policy.settings.language,
        speaks_to_machine=speaks_to_machine(_said(material, before, after), policy),
    )


def prompt_name(policy: Policy) -> str:
    """The prompt as findings name it, such as zh-CN@2026.11.11/second_reader@1."""
    assert policy.second_reader is not None
    return f"{policy.name}/second_reader@{policy.second_reader.version}"


def _said(material: Material, before: Sequence[Passage], after: Sequence[Passage]) -> list[str]:
    """Every text of the room that goes along, in order; of decided cases too, for hosts said those as well."""
    shown = (*before, *material.own, *after) if "neighbours" in material.sends else material.own
    decided = material.decided if "decided" in material.sends else ()
    return [*(passage.text for passage in shown), *(one.quote for one in decided)]


def _classes(material: Material, policy: Policy) -> tuple[str, ...]:
    """The finding's class, then the others that were proposed, if words alone may breach them and they hold."""
    finding, passport = material.finding, material.passport
    others = (c for c in (*finding.proposed, *material.beside) if c in policy.class_files)
    fitting = (
        c
        for c in others
        if passport is not None
        and not policy.class_files[c].recorded
        and policy.classes[c].decision_mode != _BY_FACTS
        and category_allows(policy.class_files[c], None, passport)
    )
    return tuple(dict.fromkeys((finding.class_id, *fitting)))[:_MOST_CLASSES]


def _class(class_id: str, policy: Policy) -> dict[str, str]:
    info = policy.classes[class_id]
    return {"id": class_id, "name": info.name_zh, "definition": info.definition}


def _exemptions(class_id: str, policy: Policy) -> Iterator[dict[str, str]]:
    file = policy.class_files[class_id]
    for rule in policy.context.exemptions:
        if rule.id not in file.drop_exemptions and (rule.always or rule.id in file.exemptions):
            yield {"name": rule.zh, "why": rule.why}


def _law(finding: Finding, day: date | None, policy: Policy, asked: SecondReaderFile) -> Iterator[tuple[str, str]]:
    """The articles that the finding cites with the words that are meant; without, where their text is not known."""
    for cited in finding.law:
        article = policy.laws.article(cited, day) or policy.laws.article(cited)
        yield policy.laws.formal(cited), "" if article is None else article.meant[: asked.text_chars]


def _lines(passport: Passport, finding: Finding, heard: str) -> Iterator[str]:
    """What is registered that may bear on the claim: what it was held against, what is spoken of, what is permitted."""
    yield f"name: {passport.name}"
    if finding.registered is not None:
        yield f"{finding.passport_path}: {finding.registered}"
    for quantity in passport.quantities:
        if quantity.label in heard or any(cue in heard for cue in quantity.cues):
            yield f"{quantity.label}: {quantity.shown}"
    for text in passport.texts:
        if text.label in heard or any(cue in heard for cue in text.cues):
            yield f"{text.label}: {text.text}"
    yield from (f"permitted: {claim.text}" for claim in passport.permitted)
    yield from (f"certificate: {paper.scheme} {paper.scope}".strip() for paper in passport.certificates)
    for material in passport.materials:
        yield f"material: {material.name}{'' if material.percent is None else f' {material.percent}%'}"
    if passport.ingredients:
        yield f"ingredients: {', '.join(passport.ingredients)}"
    if passport.origin_country is not None:
        yield f"origin: {passport.origin_country} {passport.origin_region or ''}".strip()


def _readings(own: Sequence[Passage]) -> Iterator[str]:
    """What may have been said: as heard, then with one doubted place as each of its alternatives."""
    texts = [passage.text for passage in own]
    yield "\n".join(texts)
    count = 1
    for number, passage in enumerate(own):
        for doubt in passage.doubts[:_MOST_DOUBTS]:
            for other in doubt.alternatives:
                if count == _MOST_READINGS:
                    return
                count += 1
                changed = f"{passage.text[: doubt.start]}{other}{passage.text[doubt.end :]}"
                yield "\n".join((*texts[:number], changed, *texts[number + 1 :]))


def _neighbours(material: Material, most: int) -> tuple[list[Passage], list[Passage]]:
    """What was said and shown right before and right behind, in order."""
    own = material.own
    start, end = min(p.start_ms for p in own), max(p.end_ms for p in own)
    others = [p for p in material.passages if p not in own]
    before = [p for p in others if p.start_ms < start or (p.start_ms == start and p.end_ms <= end)]
    after = [p for p in others if p not in before and p.end_ms >= end]
    return before[len(before) - most :] if most else [], after[:most]
