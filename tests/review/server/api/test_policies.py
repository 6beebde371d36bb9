"""A policy named in an order: any that people put in force and left there, pinned by its hash, judged by to the end."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Passage
from cluster.live.orders import OrderUnusable, prepare_screening
from cluster.live.types import ServiceConfig
from cluster.stages.judging import JudgingStage
from cluster.stages.policies import LoadedPolicies
from net.guard import NetPolicy
from review.accounts.types import Person, Role
from review.policies.choice import UsablePolicies
from review.replays.types import Scope as ReplayScope
from review.scheduling.worker_feed import Feeding
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.replays.stored import candidate
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Key, problem

ANNA = Person(id="anna", name="安娜", role=Role.SENIOR)
EVE = Person(id="eve", name="伊芙", role=Role.ADMIN)
SAYS = "家人们晚上好，先看一号链接。"
STRICTER = {"classes/OFFSITE.yaml": ('patterns: ["', 'patterns: ["家人们 晚上好", "')}


def edited(folder: Path, version: str, edits: dict[str, tuple[str, str]]) -> Policy:
    """The packaged policy with another version and these edits."""
    policy = Policy(candidate(folder, edits))
    settings = folder / "policy.yaml"
    text = settings.read_text(encoding="utf-8")
    assert str(policy.settings.version) in text
    settings.write_text(text.replace(str(policy.settings.version), version, 1), encoding="utf-8")
    return Policy(folder)


@pytest.fixture(scope="session")
def packaged() -> Policy:
    return packaged_policy()


@pytest.fixture
def stricter(tmp_path: Path) -> Policy:
    return edited(tmp_path / "stricter", "2099.1", STRICTER)


@pytest.fixture
def app(platform: Stores, tmp_path: Path, reader: QuantityReader, packaged: Policy) -> FastAPI:
    setup = Platform(
        reader=reader,
        net=NetPolicy.parse(["127.0.0.1:8080"]),
        policies=UsablePolicies(platform.policies, lambda: packaged),
    )
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)


@pytest.fixture
def acme(as_key: As, key: Key, work: Callable[[float], None]) -> httpx.Client:
    work(100)
    client = as_key(key("acme"))
    assert client.put("/v1/passports/P-1", json=PASSPORT).status_code == 201
    return client


def hand_in(stores: Stores, policy: Policy) -> None:
    stores.policies.add_version(policy, ANNA.id)


def go_live(stores: Stores, policy: Policy) -> None:
    """Hands it in, replays it over nothing, and puts it in force by two people."""
    hand_in(stores, policy)
    stores.replays.add_done(policy.digest, ReplayScope(), ANNA.id, {})
    stores.policies.approve(stores.policies.propose(policy.digest, ANNA, "").number, EVE)


def order(client: httpx.Client, policy: str | None) -> httpx.Response:
    return client.post("/v1/streams", json=ORDER | ({} if policy is None else {"policy": policy}))


def test_the_policy_in_force_and_those_before_it_can_be_named(
    acme: httpx.Client, platform: Stores, packaged: Policy, stricter: Policy
) -> None:
    def named(policy: str) -> Any:
        answer = order(acme, policy)
        assert answer.status_code == 201, answer.text
        return acme.get(f"/v1/streams/{answer.json()['stream_id']}").json()["policy"]

    whole = f"{packaged.name}#{packaged.digest}"
    assert [named(each) for each in (packaged.name, packaged.digest[:12], whole)] == [whole] * 3
    go_live(platform, stricter)
    assert named(stricter.name) == f"{stricter.name}#{stricter.digest}"
    assert named(stricter.digest) == f"{stricter.name}#{stricter.digest}"
    assert named(packaged.name) == whole
    assert order(acme, None).json()["policy"] is None


def test_of_two_of_one_name_the_one_that_went_live_later_is_meant(
    acme: httpx.Client, platform: Stores, packaged: Policy, tmp_path: Path
) -> None:
    same_name = Policy(candidate(tmp_path / "same", STRICTER))
    assert same_name.name == packaged.name
    go_live(platform, same_name)
    assert order(acme, packaged.name).json()["policy"] == f"{packaged.name}#{same_name.digest}"
    pinned = f"{packaged.name}#{packaged.digest[:16]}"
    assert order(acme, pinned).json()["policy"] == f"{packaged.name}#{packaged.digest}"


def test_what_may_not_be_used_is_refused_and_named(
    acme: httpx.Client, platform: Stores, packaged: Policy, stricter: Policy
) -> None:
    def refused(policy: str, code: str) -> str:
        answer = order(acme, policy)
        told = problem(answer, 422)
        assert answer.json()["code"] == code
        assert policy in told
        return told

    told = refused("zh-CN@1999.1", "unknown_policy")
    assert f"{packaged.name}#{packaged.digest[:12]}" in told, "what may be named is told"
    refused("abc", "unknown_policy")
    refused("0" * 64, "unknown_policy")
    assert "12 to 64 digits" in refused(f"{packaged.name}#abc", "policy_not_usable")
    hand_in(platform, stricter)
    assert "never went live" in refused(stricter.name, "policy_not_usable")
    go_live(platform, stricter)
    assert order(acme, stricter.name).status_code == 201
    platform.policies.roll_back(EVE, "")
    assert "rolled back" in refused(stricter.name, "policy_not_usable")
    assert "rolled back" in refused(stricter.digest, "policy_not_usable")


def test_where_the_settings_name_the_policy_no_other_is_used(
    platform: Stores, packaged: Policy, stricter: Policy
) -> None:
    go_live(platform, stricter)
    usable = UsablePolicies(platform.policies, lambda: packaged, is_fixed=True)
    assert usable(packaged.name) == f"{packaged.name}#{packaged.digest}"
    with pytest.raises(Exception, match="settings of this server"):
        usable(stricter.name)


def test_what_is_named_is_what_a_worker_on_another_machine_judges_by(
    acme: httpx.Client, platform: Stores, stricter: Policy, database_url: str, tmp_path: Path
) -> None:
    go_live(platform, stricter)
    config = ServiceConfig(job={}, database_url=database_url, data_dir=tmp_path / "another-machine")
    feeding, laws = Feeding.open(database_url), LoadedPolicies()

    def found(policy: str | None) -> dict[str, str]:
        stream_id = order(acme, policy).json()["stream_id"]
        ordered = platform.orders.ordered(stream_id).order
        assert ordered is not None
        prospect = prepare_screening(ordered, config, platform.streams, platform.policies, feeding, laws)
        judging = JudgingStage(prospect.job, {}, laws)
        said = Passage(stream_id=stream_id, id="u1", start_ms=0, end_ms=3000, text=SAYS)
        findings = [*judging.judge([said], 3000), *judging.finish()]
        return {finding.class_id: finding.policy for finding in findings}

    assert found(stricter.name) == {"OFFSITE": stricter.name}
    assert found(packaged_policy().name) == {}
    assert found(None) == {}, "it went live, but this machine has not yet brought it into force"
    platform.policies.bring_into_force(config.data_dir)
    assert found(None) == {"OFFSITE": stricter.name}
    placed = platform.orders.ordered(order(acme, stricter.name).json()["stream_id"]).order
    assert placed is not None
    lost = replace(placed, policy="zh-CN@2099.1#" + "0" * 64)
    with pytest.raises(OrderUnusable, match=r"2099\.1#0000"):
        prepare_screening(lost, config, platform.streams, platform.policies, feeding, laws)
