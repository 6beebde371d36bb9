"""Pages over the pool: a person with too many checks is told in their language; a policy is read in a process."""

import io
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import configs
from claims.policy.packaged import packaged_policy
from review.judge_pool.fair_queue import Party
from review.judge_pool.limits import JudgingTerms
from review.judge_pool.pool import JudgingPool
from review.policies.folders import pack_policy
from review.server.app import create_app
from review.server.auth.access import LOCAL_PERSON
from review.server.pages.replays import PolicyDesk
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores
from tests.review.accounts.support import form_token
from tests.review.judge_pool.jobs import Hold, Nothing
from tests.review.judge_pool.support import until
from tests.review.serving import served

ME = Party(key=LOCAL_PERSON.id, group=f"person:{LOCAL_PERSON.id}")


@pytest.fixture(scope="module")
def pool() -> Iterator[JudgingPool]:
    with JudgingPool(Nothing(), JudgingTerms(processes=1, per_key=1)) as started:
        yield started


@pytest.fixture
def client(stores: Stores, pool: JudgingPool, tmp_path: Path) -> Iterator[httpx.Client]:
    policies = PolicyDesk(data_dir=tmp_path, pool=pool)
    with served(create_app(stores, tmp_path, prebroadcast=PrebroadcastCheck(pool=pool), policies=policies)) as url:  # noqa: SIM117
        with httpx.Client(base_url=url, timeout=120) as opened:
            yield opened


@pytest.mark.parametrize(("language", "said"), [("zh", "您已有多项检查在进行"), ("en", "as many checks under way")])
def test_a_person_with_too_many_checks_is_told_on_the_page(
    client: httpx.Client, pool: JudgingPool, tmp_path: Path, language: str, said: str
) -> None:
    held = pool.submit(ME, pickle.dumps(Hold(tmp_path)))
    until(lambda: (tmp_path / "begun").exists(), "the process is held")
    token = {"csrf": form_token(client.get(f"/before?lang={language}").text)}
    answer = client.post("/before", data=token | {"text": "我写好的话"})
    (tmp_path / "released").touch()
    assert held.answer.result(120) == "released"
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert said in answer.text
    assert "我写好的话" in answer.text


def test_a_policy_that_is_handed_in_is_read_in_a_process(client: httpx.Client, stores: Stores) -> None:
    token = {"csrf": form_token(client.get("/replays").text)}
    content = pack_policy(configs.POLICY_DIR)
    answer = client.post("/policies", data=token, files={"archive": ("policy.zip", content, "application/zip")})
    assert answer.status_code == 303, answer.text
    assert [version.digest for version in stores.policies.versions()] == [packaged_policy().digest]


def test_a_policy_that_is_wrong_is_told_as_before(client: httpx.Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("policy.yaml", "id: [")
    token = {"csrf": form_token(client.get("/replays").text)}
    answer = client.post("/policies", data=token, files={"archive": ("p.zip", packed.getvalue(), "application/zip")})
    assert answer.status_code == 422
    assert "policy.yaml" in answer.text
