import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from claims.engine.checkers.registry import JUDGES
from claims.engine.exemptions import CHECKS
from claims.errors import PolicyError
from claims.policy.files import line_of, read_policy_file
from claims.policy.law import ANY, Held, closest
from claims.policy.names import CheckName, JudgeName
from claims.policy.policy import Policy
from claims.policy.schema import PolicyFile

Edit = Callable[[str], str]


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def appended(line: str) -> Edit:
    return lambda text: text.rstrip("\n") + "\n" + line + "\n"


CLASS = "classes/PATENT.yaml"
BROKEN = [
    pytest.param("policy.yaml", replaced('version: "', 'version: ["'), "expected", id="broken YAML"),
    pytest.param("policy.yaml", appended("colour: red"), "colour: unknown key", id="an unknown setting"),
    pytest.param("policy.yaml", appended("id: again"), "'id' stands twice", id="a setting twice"),
    pytest.param("policy.yaml", replaced("flag_at: 0.6", "flag_at: 6"), "flag_at: Input should be", id="a bound"),
    pytest.param("taxonomy.yaml", replaced("severity: high", "severity: huge"), "severity", id="an unknown severity"),
    pytest.param(CLASS, replaced("judge: patent", "judge: pattent"), "judge: Input should be", id="an unknown judge"),
    pytest.param(
        CLASS, replaced("score: 0.8", "score: 0.8\n    judge: x"), "judge: Input", id="a rule's unknown judge"
    ),
    pytest.param(CLASS, replaced("score: 0.8", "score: 8"), "score: Input should be less", id="a score above one"),
    pytest.param(CLASS, replaced("others_goods", "others_god"), "unknown exemption 'others_god'", id="an exemption"),
    pytest.param(CLASS, appended("drop_exemptions: [x]"), "unknown exemption 'x'", id="a dropped exemption"),
    pytest.param(
        CLASS,
        replaced("score: 0.8", "score: 0.8\n    drop_exemptions: [x]"),
        "rule claimed: unknown exemption 'x'",
        id="a rule's dropped exemption",
    ),
    pytest.param(CLASS, appended("supersedes: [NO_CLASS]"), "unknown class 'NO_CLASS'", id="a superseded class"),
    pytest.param(CLASS, appended("supported_by: {schemes: [ISO]}"), "scheme 'ISO'", id="a certificate scheme"),
    pytest.param(CLASS, replaced('["{patent_word}', '["{patent_wort}'), "rule claimed.*{patent_wort}", id="a concept"),
    pytest.param(
        CLASS, replaced('["{patent_word}', '["{patent_word} {x}?'), "rule claimed.*{x}", id="an option's concept"
    ),
    pytest.param(CLASS, replaced('["{patent_word}', '["..4 {patent_word}'), "begins and ends", id="a pattern"),
    pytest.param(CLASS, replaced("class: PATENT", "class: ALCOHOL"), "belongs in ALCOHOL.yaml", id="a class elsewhere"),
    pytest.param(CLASS, replaced("class: PATENT", "class: NEW"), "not in taxonomy.yaml", id="a class of no taxonomy"),
    pytest.param(
        "context.yaml", replaced("trigger: negator,", "trigger: negatro,"), "unknown list .*negatro", id="a cue"
    ),
    pytest.param("context.yaml", replaced("check: name_only", "check: nam"), "check: Input", id="a check in code"),
    pytest.param(
        "context.yaml", replaced(", check: name_only", ""), "check stands with direction record", id="no check"
    ),
    pytest.param(
        "context.yaml",
        lambda t: re.sub(r"(?m)^corrections: .*$", "corrections: nothing", t),
        "'nothing'",
        id="corrections",
    ),
    pytest.param(
        "units.yaml", replaced("canonical: mL", "canonical: cup"), "'cup' is not among", id="a canonical unit"
    ),
    pytest.param(
        "units.yaml", replaced('  - "liter = 1000 * milliliter = L"\n', ""), "unit 'L'", id="an undefined unit"
    ),
    pytest.param("units.yaml", replaced("= [mass] = g", "= ??"), "definition", id="a definition"),
    pytest.param("units.yaml", replaced("dimension: alcohol}", "dimension: luck}"), "dimension: Input", id="a degree"),
    pytest.param("units.yaml", replaced("[克, g,", '["", g,'), "at least 1 character", id="an empty spoken unit"),
    pytest.param(
        "attributes.yaml", replaced("unit: mAh", "unit: mAhh"), "unknown unit 'mAhh'", id="an attribute's unit"
    ),
    pytest.param(
        "certificates.yaml", replaced("schemes: [CCC]", "schemes: [CCCP]"), "'CCCP'", id="a kind of certificate"
    ),
    pytest.param(
        "linking.yaml", replaced("weighed: [usage_note,", "weighed: [usage,"), "unknown context 'usage'", id="a context"
    ),
    pytest.param(
        "linking.yaml",
        replaced("weighed: [usage_note,", "weighed: [name_only,"),
        "unknown context 'name_only'",
        id="a context that records decide",
    ),
    pytest.param(
        "wording.yaml",
        replaced("  this_year: [今年]\n", ""),
        "dates.this_year: Field required",
        id="a list that is missing",
    ),
    pytest.param(
        "wording.yaml", replaced("  made: [", "  mad: [x]\n  made: ["), "dates.mad: unknown key", id="an unknown list"
    ),
    pytest.param("wording.yaml", replaced("[今年]", '[""]'), "dates.this_year.0: String", id="an empty word"),
    pytest.param("linking.yaml", replaced("goes_on: '", "goes_on: '("), "goes_on: .*regular", id="an expression"),
    pytest.param(
        "linking.yaml", replaced("goes_on: '", "goes_on: '|"), "goes_on: matches where nothing", id="of nothing"
    ),
    pytest.param("wording.yaml", replaced("(?P<count>", "(?P<counted>"), "groups signs, count", id="its groups"),
    pytest.param(
        "wording.yaml", replaced("欧: eu", "欧: europe"), "欧: unknown certificate 'europe'", id="what certifies"
    ),
    pytest.param(
        "messages.yaml", replaced("{amount} 元", "{sum} 元"), "price: {sum}: filled in are amount", id="a blank"
    ),
    pytest.param("messages.yaml", replaced(", en: no cue", ""), "no_cue.en: Field required", id="a language"),
    pytest.param(
        "scores.yaml", replaced("grade_unregistered: 0.9", "grade_unregistered: 9"), "Input should", id="a factor"
    ),
    pytest.param("scores.yaml", appended("least: 0.1"), "least: unknown key", id="an unknown score"),
    pytest.param(
        CLASS,
        replaced("    unless:", "    excluded_by: [games]\n    unless:"),
        "no exclusions 'games'",
        id="an exclusion",
    ),
    pytest.param(
        "lexicon/terms.yaml", replaced("sensitive: true", "sensitive: maybe"), "sensitive", id="a concept's flag"
    ),
]


@pytest.mark.parametrize(("name", "edit", "reason"), BROKEN)
def test_a_broken_policy_is_refused_with_file_and_line(policy_copy: Path, name: str, edit: Edit, reason: str) -> None:
    path = policy_copy / name
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(PolicyError, match=reason) as caught:
        Policy(policy_copy)
    assert caught.value.file == str(path)
    assert caught.value.line is not None
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["taxonomy.yaml", "context.yaml", "units.yaml", "places.yaml", "materials.yaml"])
def test_a_missing_file_is_named(policy_copy: Path, name: str) -> None:
    (policy_copy / name).unlink()
    with pytest.raises(PolicyError, match=r"cannot be read") as caught:
        Policy(policy_copy)
    assert caught.value.file == str(policy_copy / name)


def test_a_class_without_a_file_is_named(policy_copy: Path) -> None:
    (policy_copy / CLASS).unlink()
    with pytest.raises(PolicyError, match="'PATENT' has no file") as caught:
        Policy(policy_copy)
    assert (
        "- id: PATENT" in (policy_copy / "taxonomy.yaml").read_text("utf-8").splitlines()[(caught.value.line or 0) - 1]
    )


def test_a_rule_that_stands_twice_is_named(policy_copy: Path) -> None:
    path = policy_copy / CLASS
    path.write_text(path.read_text("utf-8") + '  - {id: claimed, score: 0.5, patterns: ["{patent_word}"]}\n', "utf-8")
    with pytest.raises(PolicyError, match="rule claimed stands twice"):
        Policy(policy_copy)


def test_a_concept_in_two_files_is_named(policy_copy: Path) -> None:
    (policy_copy / "lexicon" / "zz.yaml").write_text("concepts:\n  patent_word: {words: [专利]}\n", "utf-8")
    with pytest.raises(PolicyError, match="'patent_word' stands in two files") as caught:
        Policy(policy_copy)
    assert caught.value.line is not None


def test_a_folder_that_is_no_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy folder"):
        Policy(tmp_path)


def test_a_file_that_is_no_text_is_refused(policy_copy: Path) -> None:
    (policy_copy / "places.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="is not UTF-8"):
        Policy(policy_copy)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("", "utf-8")
    with pytest.raises(PolicyError):
        read_policy_file(tmp_path / "policy.yaml", PolicyFile)


def test_lines_are_counted_to_the_deepest_part_that_exists() -> None:
    text = "a: 1\nb:\n  - x: 1\n  - y: 2\n    z: 3\n"
    assert line_of(text, ("b", 1, "z")) == 5
    assert line_of(text, ("b", 1, "missing")) == 4
    assert line_of(text, ("b", 7)) == 2
    assert line_of(text, ("missing",)) == 1


def test_the_packaged_policy_covers_its_taxonomy(policy: Policy) -> None:
    assert set(policy.class_files) == set(policy.classes)
    assert policy.name == f"{policy.settings.id}@{policy.settings.version}"
    assert all(ref.cite for file in policy.class_files.values() for ref in file.law)


def test_every_name_of_code_is_real_code() -> None:
    """`quantity` is the numbers' own judge: it works without rules."""
    assert set(get_args(JudgeName)) == set(JUDGES) | {"quantity"}
    assert set(get_args(CheckName)) == set(CHECKS)


def test_a_changed_word_changes_the_digest(policy: Policy, policy_copy: Path) -> None:
    assert Policy(policy_copy).digest == policy.digest
    with (policy_copy / "lexicon" / "goods.yaml").open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    assert Policy(policy_copy).digest != policy.digest


def test_the_block_that_fits_closest_is_cited_in_whatever_order_they_stand(policy: Policy) -> None:
    for file in policy.class_files.values():
        for ref in file.law:
            held = Held(
                detector=ref.detectors[0] if ref.detectors else None,
                category=None if ref.category == ANY else f"{ref.category.rstrip('/')}/x",
                verdict=ref.verdicts[0] if ref.verdicts else None,
            )
            parents = policy.settings.kinds_in_law
            assert closest(file.law, held, parents) == closest(file.law[::-1], held, parents) == ref


@pytest.mark.parametrize(
    ("class_id", "category", "severity"),
    [
        ("SPEC_PARAM", "electronics/charger", "medium"),
        ("SPEC_PARAM", "food/honey", "high"),
        ("SAFETY_ABSOLUTE", "infant_formula/stage1", "critical"),
        ("SAFETY_ABSOLUTE", None, "medium"),
        ("DISEASE_FOOD", "food/honey", "critical"),
    ],
    ids=["the class's own", "food weighs more", "infants weigh most", "product not known", "never lowered"],
)
def test_severity_follows_class_and_category(
    policy: Policy, class_id: str, category: str | None, severity: str
) -> None:
    assert policy.severity_for(class_id, category) == severity


@pytest.mark.parametrize(
    ("aliases", "reason"),
    [
        pytest.param(
            "PATENT.gone: [PATENT.nowhere]", "no detector 'PATENT.nowhere'", id="a successor that is not there"
        ),
        pytest.param("PATENT.claimed: [ORIGIN.imported]", "is still a detector", id="itself left out"),
    ],
)
def test_what_became_of_a_detector_must_be_so(policy_copy: Path, aliases: str, reason: str) -> None:
    path = policy_copy / "aliases.yaml"
    path.write_text(f"aliases:\n  {aliases}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=reason) as caught:
        Policy(policy_copy)
    assert (caught.value.file, caught.value.line) == (str(path), 2)


def test_a_detector_of_an_older_version_is_known_by_what_took_its_place(policy_copy: Path) -> None:
    (policy_copy / "aliases.yaml").write_text("aliases: {PATENT.gone: [PATENT.claimed]}\n", encoding="utf-8")
    policy = Policy(policy_copy)
    assert policy.successors("PATENT.gone") == ("PATENT.claimed",)
    assert policy.successors("PATENT.claimed") == ("PATENT.claimed",)
    assert policy.successors("PATENT.semantic") == ()
