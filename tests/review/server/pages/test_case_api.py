"""Cases as JSON: listed by a cursor, read, decided once, and refused in words."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from claims.types import Finding
from review.accounts.types import Person
from review.cases.types import Case, CaseState
from review.server.problems import CODES
from review.stores import Stores
from tests.review.server.pages.seats import known

AddCases = Callable[..., list[Case]]
MakeFinding = Callable[..., Finding]


@pytest.fixture
def anna(address: str, desk_store: Stores, people: dict[str, Person]) -> Iterator[httpx.Client]:
    """A client with the session of a reviewer."""
    login = known(desk_store, "anna")
    with httpx.Client(
        base_url=address, timeout=30, cookies={"zhenyan": login.token}, headers={"X-CSRF-Token": login.csrf}
    ) as client:
        yield client


def decision(case: Case, **changes: object) -> dict[str, object]:
    return {
        "version": case.version,
        "request_id": "q1",
        "choice": "violates",
        "reason": "as_found",
        **changes,
    }


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == (code or CODES[status])


def test_cases_come_by_priority_a_page_at_a_time(anna: httpx.Client, add_cases: AddCases) -> None:
    cases = add_cases(5)
    first = anna.get("/v1/cases", params={"limit": 2}).json()
    second = anna.get("/v1/cases", params={"limit": 2, "after": first["next_after"]}).json()
    third = anna.get("/v1/cases", params={"limit": 2, "after": second["next_after"]}).json()
    listed = [case["case_id"] for page in (first, second, third) for case in page["cases"]]
    assert listed == [case.id for case in cases]
    assert third["next_after"] is None
    assert first["cases"][0]["why"] == [{"code": "harm_medium", "count": 0}]
    for query in ("class=NOPE", "state=confirmed", "host_id=h9", "severity=high", "platform=x", "product_id=x"):
        assert anna.get(f"/v1/cases?{query}").json()["cases"] == [], query
    assert_problem(anna.get("/v1/cases?after=junk"), 422)


def test_a_case_is_read_and_decided_once(anna: httpx.Client, add_cases: AddCases, desk_store: Stores) -> None:
    [case] = add_cases(1)
    answer = anna.post(f"/v1/cases/{case.id}/decisions", json=decision(case, note="见护照", **{"class": "SPEC_PARAM"}))
    assert answer.status_code == 201
    again = anna.post(f"/v1/cases/{case.id}/decisions", json=decision(case))
    assert again.json() == answer.json()
    assert (answer.json()["after"], answer.json()["class"]) == ("confirmed", "SPEC_PARAM")
    read = anna.get(f"/v1/cases/{case.id}").json()
    assert read["case"]["state"] == "confirmed"
    assert [finding["finding_id"] for finding in read["findings"]] == ["f_0"]
    assert read["decisions"] == [answer.json()]
    assert len(desk_store.cases.decisions(case.id)) == 1


def test_refusals_say_which(
    anna: httpx.Client, add_cases: AddCases, desk_store: Stores, people: dict[str, Person]
) -> None:
    case, other = add_cases(2)
    url = f"/v1/cases/{case.id}/decisions"
    assert_problem(anna.post(url, json=decision(case, version=7)), 409, "changed")
    assert_problem(anna.post(url, json=decision(case, reason="true")), 422, "reason")
    assert_problem(anna.post(url, json=decision(case, **{"class": "NOPE"})), 422)
    assert_problem(anna.post(url, json=decision(case, more=1)), 422)
    assert_problem(anna.post("/v1/cases/none/decisions", json=decision(case)), 404)
    assert_problem(anna.get("/v1/cases/none"), 404)
    desk_store.cases.claim(other.id, people["bo"])
    assert_problem(anna.post(f"/v1/cases/{other.id}/decisions", json=decision(other)), 409, "taken")
    assert_problem(anna.post(f"/cases/{other.id}/claim"), 409, "taken")
    assert_problem(anna.post(url, json=decision(case), headers={"X-CSRF-Token": "forged"}), 403)
    anna.post(url, json=decision(case))
    fresh = desk_store.cases.case(case.id)
    assert_problem(anna.post(url, json=decision(fresh, request_id="q2")), 422, "final")


def test_several_are_decided_each_by_itself(
    anna: httpx.Client, add_cases: AddCases, desk_store: Stores, people: dict[str, Person]
) -> None:
    cases = add_cases(3)
    desk_store.cases.claim(cases[1].id, people["bo"])
    given = {
        "cases": [{"case_id": c.id, "version": c.version, "request_id": f"q-{c.id}"} for c in cases],
        "choice": "lawful",
        "reason": "true",
    }
    for _ in range(2):
        answer = anna.post("/bulk", json=given).json()
        assert answer["taken"] == [cases[0].id, cases[2].id]
        assert answer["refused"] == [{"case_id": cases[1].id, "code": "taken"}]
    assert desk_store.cases.case(cases[0].id).state is CaseState.CLEARED
    assert [len(desk_store.cases.decisions(case.id)) for case in cases] == [1, 0, 1]


def test_the_interface_is_documented(anna: httpx.Client) -> None:
    paths = anna.get("/openapi.json").json()["paths"]
    assert set(paths["/v1/cases/{case_id}/decisions"]["post"]["responses"]) >= {"201", "404", "409", "422"}
    assert "/v1/cases" in paths
    assert not any(path.startswith(("/cases", "/bulk", "/partials", "/stream")) for path in paths)
    ours = {
        path: paths[path] for path in paths if path.startswith(("/v1/cases", "/v1/findings", "/v1/streams", "/clips"))
    }
    said = [(path, each) for path, verbs in ours.items() for each in verbs.values()]
    assert [path for path, each in said if not each.get("description")] == []
    named = [
        (path, part["name"], part.get("description")) for path, each in said for part in each.get("parameters", ())
    ]
    assert [(path, name) for path, name, told in named if not told] == []
    assert len(named) > 15
