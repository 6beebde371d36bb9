"""The pages of re-analyses as forms send them: what is wrong stays in the form, and another customer's is not there."""

from collections.abc import Collection
from typing import Any

import httpx
import pytest

from review.accounts.types import Role
from review.stores import Stores
from tests.review.accounts.support import as_login
from tests.review.server.api import test_reanalyses as ordered
from tests.review.server.api.limited.logins import login_of
from tests.review.server.api.test_reanalysis_commands import finish

app, asking, stream_id = ordered.app, ordered.asking, ordered.stream_id


def desk(platform: Stores, role: Role, tenants: Collection[str] | None, address: str) -> httpx.Client:
    headers = as_login(login_of(platform, role, tenants))
    return httpx.Client(base_url=address, timeout=30, headers=headers)


def sent(client: httpx.Client, stream_id: str, **more: Any) -> httpx.Response:
    return client.post("/reanalyses?lang=en", data={"stream": stream_id, **more})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Name a model, a policy or passports to analyse by."),
        ({"model": "huge"}, "This server has no such speech model."),
        ({"policy": "zh-CN@1"}, "There is no such policy."),
        ({"products": "P-9"}, "A product that is named was not on sale in this broadcast."),
        ({"model": "base", "begins": "soon"}, "not written as 1:02:30"),
        ({"model": "base", "begins": "0:30", "ends": "0:20"}, "The stretch is empty"),
        ({"model": "base", "begins": "1:00:00"}, "lies behind the end"),
    ],
)
def test_what_is_wrong_is_told_and_the_form_stays_as_it_was(
    platform: Stores, address: str, stream_id: str, fields: dict[str, str], told: str
) -> None:
    with desk(platform, Role.SENIOR, None, address) as senior:
        answer = sent(senior, stream_id, **fields)
        assert answer.status_code == 422
        assert told in answer.text
        for name in ("begins", "ends", "policy"):
            assert f'value="{fields.get(name, "")}"' in answer.text
    assert platform.reanalyses.reanalyses(None) == ()


def test_it_is_ordered_by_seniors_and_seen_and_stopped_by_its_customers_people(
    platform: Stores, address: str, stream_id: str
) -> None:
    with desk(platform, Role.SENIOR, ["acme"], address) as own, desk(platform, Role.SENIOR, ["bolt"], address) as other:
        answer = sent(own, stream_id, products="P-1", ends="0:50")
        assert answer.status_code == 303, answer.text
        [one] = platform.reanalyses.reanalyses(frozenset({"acme"}))
        assert platform.reanalyses.reanalyses(frozenset({"bolt"})) == ()
        assert (one.tenant_id, one.end_ms, [product for product, _ in one.passports]) == ("acme", 50_000, ["P-1"])
        path = answer.headers["location"]
        for page in (path, "/reanalyses", f"/reanalyses?stream={stream_id}"):
            assert own.get(page).status_code == 200
        assert one.reanalysis_id not in other.get("/reanalyses").text
        for page in (path, f"/reanalyses?stream={stream_id}"):
            assert other.get(page).status_code == 404
        assert sent(other, stream_id, model="base").status_code == 404
        assert other.post(f"{path}/cancel").status_code == 404
        assert platform.reanalyses.reanalysis(one.reanalysis_id).state.value == "waiting"
        assert own.post(f"{path}/cancel").status_code == 303
        assert platform.reanalyses.reanalysis(one.reanalysis_id).state.value == "cancelled"
    with desk(platform, Role.REVIEWER, None, address) as reviewer:
        assert sent(reviewer, stream_id, model="base").status_code == 403
        assert "Analyse again" not in reviewer.get(f"/reanalyses?stream={stream_id}&lang=en").text
        assert reviewer.get("/reanalyses/a1").status_code == 404


def test_what_was_found_before_and_now_stand_side_by_side(platform: Stores, address: str, stream_id: str) -> None:
    with desk(platform, Role.SENIOR, None, address) as senior:
        path = sent(senior, stream_id, model="base").headers["location"]
        assert "http-equiv" in senior.get(path).text
        finish(platform, stream_id)
        page = senior.get(f"{path}?lang=en").text
        [stored] = platform.reanalyses.stored_findings(stream_id)
        assert page.count(f"<q>{stored.quote}</q>") == 3, "kept on both sides, and new"
        assert f'href="/findings/{stored.finding_id}"' in page
        assert "f_new" not in page, "what is new is in no queue and has no clip"
        assert senior.get(f"{path}?outcome=new").text.count("<q>") == 1
        assert senior.get(f"{path}?outcome=old").status_code == 422
        assert senior.get(f"{path}?after=1&lang=en").text.count("<q>") == 0
        failing = sent(senior, stream_id, policy="zh-CN@2026.11.1").headers["location"]
        claimed = platform.reanalyses.claim("w1")
        assert claimed is not None
        platform.reanalyses.fail(claimed.reanalysis_id, "w1", "the recording can't be read")
        assert "the recording can&#39;t be read" in senior.get(failing).text
