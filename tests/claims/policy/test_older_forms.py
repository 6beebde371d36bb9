"""Words, messages and scores stood in the code before they were the policy's: older policies are read with those."""

from datetime import datetime
from pathlib import Path

import pytest

import configs
from claims.engine.conversation import ClaimEngine
from claims.errors import PolicyError
from claims.passports.load import read_passports
from claims.policy.files import OLDER, read_policy_file
from claims.policy.linking import LinkingFile, LinkModelFile
from claims.policy.messages import Messages
from claims.policy.policy import Policy
from claims.policy.scores import Scores
from claims.policy.wording import Wording
from claims.types import Finding
from tests.claims.support import AT, Speaker

LATER = {
    "wording.yaml": Wording,
    "messages.yaml": Messages,
    "scores.yaml": Scores,
    "linking.yaml": LinkingFile,
    "link_model.yaml": LinkModelFile,
}
PHONE = {
    "id": "P-1",
    "name": "手机",
    "category": "electronics/phone",
    "attributes": [{"name": "warranty", "label": "质保", "value": 2, "unit": "年"}],
}


def said(policy: Policy, text: str, at: datetime = AT) -> list[Finding]:
    passports = read_passports([PHONE], policy.quantity_reader, source="test.json")
    return Speaker(ClaimEngine(policy, passports, at=at).conversation("s1")).say(text).done().findings


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_the_code_held_is_kept_for_every_file() -> None:
    assert {path.name for path in OLDER.iterdir()} == set(LATER)
    for name, model in LATER.items():
        assert read_policy_file(OLDER / name, model) is not None
        assert (configs.POLICY_DIR / name).is_file()


def test_a_policy_without_the_files_is_read_with_what_the_code_held(policy_copy: Path) -> None:
    for name in LATER:
        (policy_copy / name).unlink()
    older = Policy(policy_copy)
    assert "b货" in older.wording.grade.treated
    assert older.messages.price.render(amount=99) == "99 元"
    assert older.scores.record == 0.85
    [finding] = said(older, "这个手机终身质保")
    assert (finding.class_id, finding.verdict, finding.registered) == ("GIFT_PROMISE", "contradicted", "质保 2 年")


def test_words_and_scores_of_the_policy_decide(policy: Policy, policy_copy: Path) -> None:
    [usual] = said(policy, "这个手机终身质保")
    edit(policy_copy / "scores.yaml", "contradicted: 0.1", "contradicted: 0.04")
    [lower] = said(Policy(policy_copy), "这个手机终身质保")
    assert lower.score == pytest.approx(usual.score - 0.06)
    edit(policy_copy / "wording.yaml", "lifelong: [终身, ", "lifelong: [")
    assert said(Policy(policy_copy), "这个手机终身质保") == [], "a term is wanted, and none was said"


def test_each_file_counts_in_the_digest(policy: Policy, policy_copy: Path) -> None:
    digests = {policy.digest}
    for name in LATER:
        with (policy_copy / name).open("a", encoding="utf-8") as file:
            file.write("# a remark\n")
        digests.add(Policy(policy_copy).digest)
    assert len(digests) == 1 + len(LATER)


def test_a_kind_of_certificate_that_an_older_policy_lacks_is_no_fault_of_it(policy_copy: Path) -> None:
    certificates = policy_copy / "certificates.yaml"
    lines = certificates.read_text(encoding="utf-8").splitlines(keepends=True)
    certificates.write_text("".join(line for line in lines if "{id: fda," not in line), encoding="utf-8")
    with pytest.raises(PolicyError, match="unknown certificate 'fda'"):
        Policy(policy_copy)
    (policy_copy / "wording.yaml").unlink()
    assert Policy(policy_copy).certificates
