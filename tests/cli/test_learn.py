"""Decisions become a candidate policy that reads in shadow, goes live by two people, and is rolled back in one step."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import configs
from claims.classifier.fit.examples import LabelledPassage, labels_as_lines
from claims.classifier.opening import open_reader
from claims.classifier.reading import Reader
from claims.engine.conversation import ClaimEngine
from claims.passports.load import read_passports
from claims.policy.policy import Policy
from cluster.learning.shadow import read_in_shadow
from cluster.replay.run import Replaying, ReplayJob
from review.accounts.types import Person, Role
from review.learning.fitting import learn_from_decisions, write_candidate
from review.learning.types import Fit
from review.policies.folders import in_force_folder
from review.replays.types import Scope
from review.stores import Stores
from tests.cli.support import Call
from tests.review.learning.turned import turned_labels
from tests.review.replays.stored import fill

ANNA, BERT = (Person(id=name, name=name, role=Role.SENIOR) for name in ("anna", "bert"))


@pytest.fixture(scope="module")
def labels() -> list[LabelledPassage]:
    return turned_labels()


@pytest.fixture(scope="module")
def reader() -> Reader:
    opened = open_reader("e5", configs.SEMANTIC_DIR)
    assert opened is not None
    return opened


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def stores(data_dir: Path) -> Iterator[Stores]:
    opened = Stores.open(f"sqlite:///{data_dir / 'zhenyan.db'}")
    yield opened
    opened.close()


@pytest.fixture
def fit(stores: Stores, labels: list[LabelledPassage], reader: Reader) -> Fit:
    policy = Policy(configs.POLICY_DIR)
    made: Fit = learn_from_decisions(
        stores.learning,
        stores.policies,
        policy,
        reader,  # type: ignore[arg-type]
        tenant_id="local",
        more=labels,
        by="anna",
    )
    return made


def _score(policy: Policy, reader: Reader, said: LabelledPassage, tenant: str = "local") -> float:
    record = {"id": "P", "name": "小店好物", "category": said.goods}
    passports = read_passports([record], policy.quantity_reader, source="test")
    engine = ClaimEngine(policy, passports, at=datetime(2026, 11, 24, tzinfo=UTC), reader=reader, tenant=tenant)
    assert engine.reader is not None
    return engine.reader.read(said.text, said.kind).breach


@pytest.mark.slow
def test_a_fit_reads_in_shadow_goes_live_by_two_people_and_back_in_one_step(
    stores: Stores, data_dir: Path, fit: Fit, labels: list[LabelledPassage], reader: Reader
) -> None:
    assert fit.refused is None
    assert fit.digest is not None
    assert fit.card["compared"]["learnt"]["loss"] < fit.card["compared"]["in_force"]["loss"]
    live, candidate = Policy(configs.POLICY_DIR), Policy(stores.policies.folder(fit.digest, data_dir))
    assert candidate.name.startswith(f"{live.name}+learnt.")
    assert candidate.vocabulary_digest == live.vocabulary_digest
    turned = [one for one in labels if one.label == "breach"][:20]
    before = [_score(live, reader, one) for one in turned]
    after = [_score(candidate, reader, one) for one in turned]
    assert sum(after) > sum(before)
    assert [_score(candidate, reader, one, "east") for one in turned] == before

    fill(stores, data_dir, "s1")
    shadow = stores.learning.begin_shadow(fit.digest, live.digest, "anna")
    job = ReplayJob(
        candidate=candidate.folder,
        live=configs.POLICY_DIR,
        database_url=f"sqlite:///{data_dir / 'zhenyan.db'}",
        data_dir=data_dir,
        semantic="e5",
    )
    assert read_in_shadow(stores.learning, Replaying(job, stores.replays), shadow) == 1
    figures = stores.learning.shadow_figures(shadow.id)
    assert (figures.streams, figures.skipped) == (1, 0)
    assert figures.both + figures.added + figures.dropped > 0

    stores.replays.add_done(fit.digest, Scope(), "anna", {})
    move = stores.policies.propose(fit.digest, ANNA, "learnt")
    stores.policies.approve(move.number, BERT)
    assert stores.policies.bring_into_force(data_dir) == candidate.folder == in_force_folder(data_dir)
    stores.policies.roll_back(ANNA, "worse")
    assert stores.policies.bring_into_force(data_dir) is None


@pytest.mark.slow
def test_what_was_learnt_on_another_reader_is_left_out(
    fit: Fit, stores: Stores, data_dir: Path, labels: list[LabelledPassage], reader: Reader, tmp_path: Path
) -> None:
    assert fit.digest is not None
    learnt = Policy(stores.policies.folder(fit.digest, data_dir)).learnt_for("local")
    assert learnt is not None
    other = write_candidate(
        Policy(configs.POLICY_DIR), learnt.model_copy(update={"base": "another"}), tmp_path / "other"
    )
    said = replace_text(labels[0])
    assert _score(other, reader, said) == _score(Policy(configs.POLICY_DIR), reader, said)


def replace_text(said: LabelledPassage) -> LabelledPassage:
    return said.model_copy(update={"text": f"{said.text}啊"})


@pytest.mark.slow
def test_the_command_writes_a_candidate_from_labels_alone_and_refuses_chance(
    zhenyan: Call, labels: list[LabelledPassage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "e5")
    file, few = tmp_path / "labels.jsonl", tmp_path / "few.jsonl"
    file.write_text("\n".join(labels_as_lines(labels)), encoding="utf-8")
    few.write_text("\n".join(labels_as_lines(labels[:20])), encoding="utf-8")
    answer = zhenyan("learn", "--labels", file, "--to", tmp_path / "candidate", "--json")
    assert answer.status == 0
    assert json.loads(answer.out)["card"]["passages"] == len({(one.host, one.text) for one in labels})
    assert Policy(tmp_path / "candidate").learnt_for("local") is not None
    refused = zhenyan("learn", "--labels", few, "--to", tmp_path / "none")
    assert refused.status == 1
    assert "at least 50 are needed" in refused.err
    assert not (tmp_path / "none").exists()


def test_labels_of_a_host_who_asked_for_it_are_left_out_of_the_next_fit(
    stores: Stores, labels: list[LabelledPassage], reader: Reader
) -> None:
    few, host = labels[:30], labels[0].host

    def fit_anew() -> Fit:
        made: Fit = learn_from_decisions(
            stores.learning,
            stores.policies,
            Policy(configs.POLICY_DIR),
            reader,  # type: ignore[arg-type]
            tenant_id="local",
            more=few,
            by="anna",
        )
        return made

    before = fit_anew()
    assert stores.learning.forget(host, "anna") == 1
    after = fit_anew()
    gone = sum(one.host == host for one in few)
    assert after.card["left_out"] == {"forgotten host": gone}
    assert after.card["passages"] == before.card["passages"] - gone
    assert {fit.id: fit.forgotten for fit in stores.learning.fits()} == {before.id: 1, after.id: 0}


def test_the_command_exports_decisions_and_names_what_it_can_t_do(
    zhenyan: Call, stores: Stores, tmp_path: Path
) -> None:
    exported = zhenyan("learn", "--export", tmp_path / "out.jsonl")
    assert (exported.status, (tmp_path / "out.jsonl").read_text(encoding="utf-8")) == (0, "")
    assert "learning_across_tenants is false" in zhenyan("learn", "--everybody").complaint
    assert "names 0 policies" in zhenyan("learn", "--shadow", "abc").complaint
    assert zhenyan("learn", "--forget", "h1").status == 0
    assert set(stores.learning.forgotten()) == {"h1"}
