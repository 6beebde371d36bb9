"""The pages of learning and quality, as the server answers them: in both languages, empty and full, by role."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import configs
from claims.policy.policy import Policy
from review.cases.types import Choice
from review.server.app import create_app
from review.server.pages.replays import PolicyDesk
from review.stores import Stores
from tests.review.learning.said import ON_BOTH_DATABASES, broadcast, decide, found

pytestmark = ON_BOTH_DATABASES
PAGES = ("/learning", "/quality", "/quality/people", "/quality/me", "/quality/bar?name=HEALTHFOOD_OVER&bar=0.8")


@pytest.fixture
def client(stores: Stores, tmp_path: Path) -> TestClient:
    desk = PolicyDesk(data_dir=tmp_path, packaged=configs.POLICY_DIR)
    return TestClient(create_app(stores, tmp_path, policies=desk), base_url="http://127.0.0.1", client=("127.0.0.1", 1))


def fill(stores: Stores, count: int) -> None:
    broadcast(stores, "b1")
    for number in range(count):
        finding = found(stores, "b1", f"这是第 {number} 句说得很满的话", number=number)
        decide(stores, finding, Choice.LAWFUL if number % 2 else Choice.VIOLATES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_answers_with_nothing_to_show(client: TestClient, language: str) -> None:
    for path in PAGES:
        answer = client.get(path, params={"lang": language} if "?" not in path else None)
        assert answer.status_code == 200, (path, answer.text[-400:])


def test_few_decisions_give_a_sentence_and_no_figure(client: TestClient, stores: Stores) -> None:
    fill(stores, 4)
    page = client.get("/quality", params={"lang": "en"}).text
    assert "a figure takes 30" in page
    assert "No class or detector has 30 decided cases." in page


def test_a_bar_is_raised_by_a_candidate_that_waits_for_its_replay(
    client: TestClient, stores: Stores, tmp_path: Path
) -> None:
    stores.quality.fewest = 4
    fill(stores, 6)
    token = _token(client.get("/quality/bar?name=HEALTHFOOD_OVER&bar=0.9&lang=en").text)
    sent = {"name": "HEALTHFOOD_OVER", "bar": "0.9", "csrf": token}
    answer = client.post("/quality/bar", data=sent, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    [version] = stores.policies.versions()
    assert version.name.endswith("+bar.HEALTHFOOD_OVER.90")
    [replay] = stores.replays.replays()
    assert (replay.digest, answer.headers["location"]) == (version.digest, f"/replays/{replay.id}")
    policy = Policy(stores.policies.folder(version.digest, tmp_path))
    assert policy.bars.classes == {"HEALTHFOOD_OVER": 0.9}


def test_the_api_tells_the_figures_of_the_page(client: TestClient, stores: Stores) -> None:
    stores.quality.fewest = 4
    fill(stores, 6)
    told = client.get("/v1/quality", params={"by": "class"}).json()
    [row] = told["rows"]
    assert (told["figures_from"], row["key"], row["decided"], row["recall"]) == (4, "HEALTHFOOD_OVER", 6, None)
    assert row["precision"]["share"] == 0.5
    assert row["precision"]["low"] < 0.5 < row["precision"]["high"]
    assert stores.quality.found(30, "class", "east") == []


@pytest.mark.parametrize(("by", "key"), [("goods", "health_food"), ("policy", "zh-CN@2026.11.1"), ("all", "all")])
def test_how_right_flags_are_is_told_by_goods_and_policy_too(stores: Stores, by: str, key: str) -> None:
    stores.quality.fewest = 4
    fill(stores, 6)
    [row] = stores.quality.found(30, by)
    assert (row.key, row.decided, row.violates, row.precision) == (key, 6, 3, 0.5)


def test_the_cases_behind_a_bar_are_told_by_their_words(client: TestClient, stores: Stores) -> None:
    stores.quality.fewest = 4
    fill(stores, 6)
    page = client.get("/quality/bar?name=HEALTHFOOD_OVER&bar=0.9&lang=zh").text
    assert all(f"这是第 {number} 句说得很满的话" in page for number in range(6))


def test_a_name_that_the_policy_does_not_know_is_refused(client: TestClient, stores: Stores) -> None:
    token = _token(client.get("/learning").text)
    refused = client.post("/quality/bar", data={"name": "NO_SUCH", "bar": "0.9", "csrf": token})
    assert refused.status_code == 422
    assert stores.policies.versions() == ()


def test_a_host_is_left_out_on_the_page(client: TestClient, stores: Stores) -> None:
    token = _token(client.get("/learning").text)
    assert client.post("/learning/forget", data={"host_id": " ", "csrf": token}).status_code == 422
    client.post("/learning/forget", data={"host_id": "h7", "csrf": token})
    assert set(stores.learning.forgotten()) == {"h7"}


def _token(page: str) -> str:
    return page.partition('data-csrf="')[2].partition('"')[0]


def test_people_s_agreement_is_told_with_its_interval_from_so_many_cases_on(stores: Stores) -> None:
    stores = Stores.over(stores.engine, now=stores.now, second_share=1.0)
    stores.quality.fewest = 6
    fill(stores, 5)
    # Read by others: what takes long to read, as on a busy machine, is kept.
    readers = Stores.over(stores.engine, now=stores.now).quality
    readers.fewest = 6
    few = readers.people(30)
    assert (few.agreement.cases, few.agreement.alpha) == (5, None)
    finding = found(stores, "b1", "还有一句", number=9)
    decide(stores, finding, Choice.LAWFUL)
    told = stores.quality.people(30)
    assert (told.agreement.cases, told.agreement.alpha) == (6, 1.0)
    assert told.agreement.interval is not None
    assert told.agreement.interval[0] < 1.0
    assert told.by_class["HEALTHFOOD_OVER"].agreement(6) == told.agreement
    assert set(told.by_person) == {"anna", "bert"}
