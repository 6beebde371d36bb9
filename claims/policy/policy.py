"""The policy: versioned data that says which words matter, what they mean in law, and how they are judged."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path

import configs
from claims.classifier.learnt_file import EVERYBODY, FOLDER, LearntFile
from claims.engine.texts import Texts
from claims.errors import PolicyError
from claims.law.texts import laws_of
from claims.obfuscation.codewords import CodeWordsFile
from claims.obfuscation.confusions import packaged_confusions
from claims.obfuscation.decompose import components_of
from claims.obfuscation.layers import DisguiseFile, Reader
from claims.obfuscation.noisy_channel import PhoneticChannel
from claims.obfuscation.pictures import names_of
from claims.obfuscation.sentence_by_sound import SentenceReader
from claims.obfuscation.sound import SoundIndex
from claims.passports.intake.checks import IntakeChecks
from claims.passports.intake.models import IntakeFile
from claims.passports.quantities import QuantityReader
from claims.passports.schemes import CertificateSchemes
from claims.policy.additives import AdditiveTable
from claims.policy.checks import check_references
from claims.policy.detectors import EXAMPLES, DetectorExamples, read_aliases, read_examples
from claims.policy.files import error_at, read_later_file, read_lines, read_optional_file, read_policy_file
from claims.policy.goods import GoodsTable
from claims.policy.law import CitedLaw, Held, cited_law
from claims.policy.lexicon import Lexicon
from claims.policy.linking import LinkingFile, LinkModelFile
from claims.policy.match import Located, PatternIndex
from claims.policy.materials import MaterialTable
from claims.policy.messages import Messages
from claims.policy.pattern import Pattern, compile_pattern, literal_concept
from claims.policy.places import PlaceTable
from claims.policy.schema import (
    AdditivesFile,
    CertificateKind,
    CertificatesFile,
    ClassFile,
    ClassInfo,
    ContextFile,
    LexiconFile,
    MaterialsFile,
    PlacesFile,
    PolicyFile,
    Rule,
    TaxonomyFile,
)
from claims.policy.score_thresholds import FILE as BARS
from claims.policy.score_thresholds import BarsFile
from claims.policy.scores import Scores
from claims.policy.second_reader import SecondReaderFile
from claims.policy.units import read_units
from claims.policy.values import ValueTable
from claims.policy.vocabulary import AttributesFile, AttributeTable
from claims.policy.wording import Wording
from claims.text.bigrams import Bigrams, are_pairs, pairs_of
from claims.text.words import CommonWords, counts_of

ENGINE_CONCEPTS = frozenset(
    {"num", "qty", "share", "money", "price", "place", "material_word", "product_word", "ingredient", "newness"}
)

# Files that say nothing of how texts are read, or in parts alone.
_JUDGES = ("taxonomy", "policy", "door", "wording", "messages", "scores", "aliases", "second_reader", "bars")
_OF_JUDGING = frozenset(f"{name}.yaml" for name in _JUDGES)
_RANK = {"medium": 0, "high": 1, "critical": 2}
_SHORT_PLACE = 2
_PAIRS = "bigrams.txt"
# Words that the language uses at least so often may be read in a sentence's sound.
_USED = 100


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready for matching."""

    class_id: str
    rule: Rule
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]

    @property
    def name(self) -> str:
        """The rule's name in findings."""
        return f"{self.class_id}.{self.rule.id}"


class RuleIndex:
    """Finds the rules that may match in a text without trying them all."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._patterns = tuple((rule, pattern) for rule in rules for pattern in rule.patterns)
        self._index = PatternIndex([pattern for _, pattern in self._patterns])

    def possible(self, located: Located, start: int, end: int) -> Iterator[tuple[CompiledRule, list[Pattern]]]:
        """The rules that may have a match that ends in (start, end], in order, each with its patterns that may."""
        found = (self._patterns[number] for number in self._index.possible(located, start, end))
        for _, group in groupby(found, key=lambda pair: id(pair[0])):
            pairs = list(group)
            yield pairs[0][0], [pattern for _, pattern in pairs]


class Policy:
    """Everything loaded from one policy folder, checked and compiled.

    A folder of an older form has no `wording.yaml`, `messages.yaml` or `scores.yaml`: what they would hold stood in the
    code until then, and it is read with that.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.laws = laws_of(configs.LAWS_FILE)
        if not (folder / "policy.yaml").is_file():
            raise PolicyError(str(folder), None, "is no policy folder: it has no policy.yaml")
        self.settings = read_policy_file(folder / "policy.yaml", PolicyFile)
        taxonomy = read_policy_file(folder / "taxonomy.yaml", TaxonomyFile)
        self.classes: dict[str, ClassInfo] = {c.id: c for c in taxonomy.classes}
        if len(self.classes) < len(taxonomy.classes):
            raise PolicyError(str(folder / "taxonomy.yaml"), None, "a class id stands twice")
        self.wording = read_later_file(folder / "wording.yaml", Wording)
        self.messages = read_later_file(folder / "messages.yaml", Messages)
        self.scores = read_later_file(folder / "scores.yaml", Scores)
        self.second_reader = read_optional_file(folder / "second_reader.yaml", SecondReaderFile)
        self.learnt = self._read_learnt(folder / FOLDER)
        self.bars = read_optional_file(folder / BARS, BarsFile) or BarsFile()
        self.context = read_policy_file(folder / "context.yaml", ContextFile)
        self.converter = read_units(folder / "units.yaml")
        self.attributes = AttributeTable(read_policy_file(folder / "attributes.yaml", AttributesFile))
        self.linking = read_later_file(folder / "linking.yaml", LinkingFile)
        self.link_model = read_later_file(folder / "link_model.yaml", LinkModelFile)
        self.goods = GoodsTable.of(folder / "goods")
        self.values = ValueTable.of(folder / "values", self.linking)
        self.materials = MaterialTable(
            read_policy_file(folder / "materials.yaml", MaterialsFile), self.wording.materials.single
        )
        self.schemes = CertificateSchemes(self.wording.certificates)
        intake = self._read_intake(folder / "door.yaml")
        # The first parts of the categories that passports may have; a policy without that file knows none.
        self.kinds_of_goods = intake.categories.ids if intake.categories is not None else ()
        self.quantity_reader = QuantityReader(
            self.converter, self.attributes, intake, self.schemes, self.wording.passports
        )
        self.additives = AdditiveTable(read_policy_file(folder / "additives.yaml", AdditivesFile))
        self.places = PlaceTable(read_policy_file(folder / "places.yaml", PlacesFile), self.wording.places.home)
        certificates = read_policy_file(folder / "certificates.yaml", CertificatesFile)
        self.certificates: tuple[CertificateKind, ...] = certificates.certificates
        self.class_files: dict[str, ClassFile] = {}
        for path in sorted((folder / "classes").glob("*.yaml")):
            file = read_policy_file(path, ClassFile)
            if file.class_id not in self.classes:
                raise PolicyError(str(path), 1, f"class {file.class_id!r} is not in taxonomy.yaml")
            if file.class_id != path.stem:
                raise error_at(path, ("class",), f"class {file.class_id!r} belongs in {file.class_id}.yaml")
            self.class_files[file.class_id] = file
        for index, info in enumerate(taxonomy.classes):
            if info.id not in self.class_files:
                place = ("classes", index)
                raise error_at(folder / "taxonomy.yaml", place, f"class {info.id!r} has no file in classes/")
        self._concepts: dict[str, tuple[str, ...]] = {}
        self._sensitive: set[str] = set()
        self._extended = self._read_lexicon(folder / "lexicon")
        self.disguise, self.codes = self._read_disguises()
        self.exemptions = {rule.id: rule for rule in self.context.exemptions}
        self.rules: tuple[CompiledRule, ...] = tuple(self._compiled())
        check_references(self, self._concepts, ENGINE_CONCEPTS)
        self._detectors = frozenset(rule.name for rule in self.rules)
        self.aliases = read_aliases(folder / "aliases.yaml", self._detectors)

    @property
    def name(self) -> str:
        """The policy as findings name it, such as zh-CN@2026.11.1."""
        return f"{self.settings.id}@{self.settings.version}"

    @cached_property
    def digest(self) -> str:
        """A hash over all files of the folder, so that an edit without a new version shows."""
        sha = hashlib.sha256()
        for path in sorted((*self.folder.rglob("*.yaml"), *self.folder.rglob("*.txt"))):
            sha.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes())
        return sha.hexdigest()

    @cached_property
    def sounds(self) -> SoundIndex:
        """The sensitive words by how they sound, for what was heard."""
        return SoundIndex({name: self._concepts[name] for name in sorted(self._sensitive)})

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        """What is looked for behind disguises and mis-hearings, in order."""
        disguise = self.disguise
        terms = {w for name in (*sorted(self._sensitive), *disguise.concepts) for w in self._concepts[name]}
        terms |= {*disguise.words, *self.materials.words} | {a for b in self.attributes.attributes for a in b.labels}
        return tuple(sorted(terms - set(disguise.not_words)))

    @cached_property
    def words(self) -> CommonWords:
        """The words of the language, and the policy's beside them."""
        used = {*self.disguise.ordinary, *(e.form for e in self.lexicon.entries if len(e.form) > 1 and not e.spelled)}
        return CommonWords(counts_of(read_lines(self.folder / "words.txt")), self.hidden, used)

    @cached_property
    def pairs(self) -> dict[str, dict[str, int]]:
        """How often words follow each other in what hosts say; PolicyError where that is not told."""
        path = self.folder / _PAIRS
        try:
            return pairs_of(read_lines(path))
        except ValueError as error:
            why = f"must hold a word, then words and how often each follows it: {error}"
            raise PolicyError(str(path), None, why) from error

    @cached_property
    def sentence_reader(self) -> SentenceReader:
        """What reads a sentence by its sound; only where somebody doubts what was heard is it built."""
        counts = self.words.counts
        used = (word for word, count in counts.items() if count >= _USED)
        return SentenceReader(Bigrams(self.pairs, counts), used, self.hidden, packaged_confusions(), self.places.words)

    @cached_property
    def reader(self) -> Reader:
        """What reads disguised and mis-heard words as what they mean."""
        if "sentence" in self.settings.reading_layers and not are_pairs(read_lines(self.folder / _PAIRS)):
            self.pairs  # noqa: B018 - what is wrong with them is said before anything is judged
        places = sorted(word for word in self.places.words - set(self.hidden) if len(word) > 1)
        # Two syllables are said for too much else.
        far = (word for word in places if len(word) > _SHORT_PLACE)
        return Reader(
            self.settings.reading_layers,
            self.codes,
            self.disguise,
            PhoneticChannel((*self.hidden, *far), self.words, self.converter.table.said),
            self.hidden,
            self.words,
            components_of(read_lines(self.folder / "components.txt")),
            lambda: self.sentence_reader,
            places,
        )

    @cached_property
    def pictures(self) -> dict[str, str]:
        """What pictures are called, for who reads meaning."""
        return names_of(read_lines(self.folder / "pictures.txt"))

    @cached_property
    def texts(self) -> Texts:
        """What reads texts by this policy's vocabulary."""
        return Texts(
            emoji=self.places.flags | self.settings.emoji,
            lookalikes=self.settings.lookalikes,
            reader=self.reader,
            lexicon=self.lexicon,
            sounds=self.sounds,
            converter=self.converter,
            wording=self.wording.texts,
        )

    @cached_property
    def vocabulary_digest(self) -> str:
        """A hash over all that `texts` follows from: two policies that have it in common read every text alike.

        Of a class only the words of its patterns count, of `policy.yaml` and `wording.yaml` what tells how texts are
        read.
        """
        sha = hashlib.sha256()
        for path in sorted((*self.folder.rglob("*.yaml"), *self.folder.rglob("*.txt"))):
            name = path.relative_to(self.folder)
            if name.parts[0] not in {"classes", EXAMPLES, FOLDER} and name.name not in _OF_JUDGING:
                sha.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        settings = self.settings.model_dump_json(include={"emoji", "lookalikes", "words_lookalike", "reading_layers"})
        wording = self.wording.model_dump_json(include={"texts": True, "materials": {"single"}, "places": True})
        patterns = (pattern for rule in self.rules for pattern in (*rule.patterns, *rule.unless))
        words = sorted({word for pattern in patterns for word in pattern.literals})
        sha.update("\0".join((settings, wording, *words)).encode())
        return sha.hexdigest()

    def load(self) -> None:
        """Builds what is otherwise built at its first use, which takes seconds: for who must answer at once."""
        self.texts, self.rule_index  # noqa: B018 - they are kept
        self.reader.load()

    def successors(self, detector: str) -> tuple[str, ...]:
        """The detectors that find now what this one (`ORIGIN.imported`) found, in this version or an older one."""
        itself = (detector,) if detector in self._detectors else ()
        return self.aliases.get(detector, itself)

    @cached_property
    def examples(self) -> dict[str, DetectorExamples]:
        """The examples of each detector, by its name."""
        return read_examples(self.folder)

    @cached_property
    def rule_index(self) -> RuleIndex:
        """The rules by the words with which their matches may end."""
        return RuleIndex(self.rules)

    @cached_property
    def lexicon(self) -> Lexicon:
        """Every word that any rule, context or material needs, for one pass over the text."""
        concepts: dict[str, set[str]] = {name: set(words) for name, words in self._concepts.items()}
        for rule in self.rules:
            for pattern in (*rule.patterns, *rule.unless):
                for literal in pattern.literals:
                    concepts.setdefault(literal_concept(literal), set()).add(literal)
        for name, cues in self.context.cues.items():
            concepts[f"cue:{name}"] = set(cues)
        for name, words in self._extended.items():
            concepts[name] |= set(words)
        concepts["material_word"] = set(self.materials.words)
        concepts["place"] = set(self.places.words)
        for kind in self.certificates:
            concepts.setdefault("certification", set()).update(kind.words)
        plain = {w for name, words in self._extended.items() for w in words if w not in self._concepts[name]}
        return Lexicon(
            concepts,
            sensitive=frozenset(self._sensitive),
            aliases=self.settings.words_lookalike,
            plain=frozenset(plain),
        )

    def severity_for(self, class_id: str, category: str | None) -> str:
        """The class's severity, or a higher one where the policy sees more harm for goods of that category."""
        severity: str = self.classes[class_id].severity
        for harm in self.settings.harm:
            fits = category is not None and any(f"{category}/".startswith(c) for c in harm.categories)
            if fits and class_id in harm.classes and _RANK[harm.severity] > _RANK[severity]:
                severity = harm.severity
        return severity

    def law_for(self, class_id: str, held: Held, on: date | None = None) -> CitedLaw:
        """The articles of the class that fit closest; `on`: the day of the broadcast, whose law holds."""
        return cited_law(self.class_files[class_id].law, held, self.settings.kinds_in_law, self.laws, on)

    def learnt_for(self, tenant: str) -> LearntFile | None:
        """What the reader of this customer's broadcasts learnt from decisions, or what it learnt from everybody's."""
        return self.learnt.get(tenant) or self.learnt.get(EVERYBODY)

    def _read_learnt(self, folder: Path) -> dict[str, LearntFile]:
        found: dict[str, LearntFile] = {}
        for path in sorted(folder.glob("*.yaml")):
            file = read_policy_file(path, LearntFile)
            if file.tenant != path.stem:
                raise error_at(path, ("tenant",), f"what {file.tenant!r} learnt belongs in {file.tenant}.yaml")
            found[file.tenant] = file
        return found

    def _read_lexicon(self, folder: Path) -> dict[str, tuple[str, ...]]:
        """The words that files give to concepts of other files; concepts of their own are noted."""
        layers: list[tuple[Path, dict[str, tuple[str, ...]]]] = []
        for path in sorted(folder.glob("*.yaml")):
            file = read_policy_file(path, LexiconFile)
            layers.append((path, file.extends))
            for name, concept in file.concepts.items():
                if name in self._concepts:
                    raise error_at(path, ("concepts", name), f"concept {name!r} stands in two files")
                self._concepts[name] = concept.words
                if concept.sensitive:
                    self._sensitive.add(name)
        extended: dict[str, tuple[str, ...]] = {}
        for path, extends in layers:
            for name, words in extends.items():
                if name not in self._concepts:
                    raise error_at(path, ("extends", name), f"extends unknown concept {name!r}")
                extended[name] = (*extended.get(name, ()), *words)
        return extended

    def _read_intake(self, path: Path) -> IntakeChecks:
        """What passports that come in are held to; a policy that is older than these checks has no such file."""
        table = self.converter.table
        if not path.is_file():
            return IntakeChecks(None, table, frozenset(), self.wording.door)
        file = read_policy_file(path, IntakeFile)
        known = {*table.dimensions, *file.units}
        for index, measure in enumerate(file.measures):
            unknown = sorted({*measure.dimensions, *(d for dims in measure.not_in.values() for d in dims)} - known)
            if unknown:
                raise error_at(path, ("measures", index), f"measure {unknown[0]!r} has no unit")
        return IntakeChecks(file, table, self.materials.words, self.wording.door)

    def _read_disguises(self) -> tuple[DisguiseFile, CodeWordsFile]:
        disguise = read_policy_file(self.folder / "disguise.yaml", DisguiseFile)
        for index, name in enumerate(disguise.concepts):
            if name not in self._concepts:
                raise error_at(self.folder / "disguise.yaml", ("concepts", index), f"unknown concept {name!r}")
        codes = read_policy_file(self.folder / "codewords.yaml", CodeWordsFile)
        for index, code in enumerate(codes.words):
            if code.class_id not in self.classes:
                raise error_at(self.folder / "codewords.yaml", ("words", index), f"unknown class {code.class_id!r}")
        return disguise, codes

    def _class_path(self, class_id: str) -> Path:
        return self.folder / "classes" / f"{class_id}.yaml"

    def _compiled(self) -> Iterator[CompiledRule]:
        for class_id, file in self.class_files.items():
            shared = {
                name: self._compile(class_id, ("exclusions", name), sources)
                for name, sources in file.exclusions.items()
            }
            for index, rule in enumerate(file.rules):
                if (unknown := next((n for n in rule.excluded_by if n not in shared), None)) is not None:
                    reason = f"rule {rule.id}: the class has no exclusions {unknown!r}"
                    raise error_at(self._class_path(class_id), ("rules", index, "excluded_by"), reason)
                place = ("rules", index)
                patterns = self._compile(class_id, (*place, "patterns"), rule.patterns)
                unless = self._compile(class_id, (*place, "unless"), rule.unless)
                unless += tuple(p for name in rule.excluded_by for p in shared[name])
                yield CompiledRule(class_id, rule, patterns, unless)

    def _compile(self, class_id: str, place: tuple[int | str, ...], sources: tuple[str, ...]) -> tuple[Pattern, ...]:
        compiled: list[Pattern] = []
        for index, source in enumerate(sources):
            try:
                compiled.append(compile_pattern(source))
            except ValueError as error:
                raise error_at(self._class_path(class_id), (*place, index), str(error)) from error
        return tuple(compiled)
