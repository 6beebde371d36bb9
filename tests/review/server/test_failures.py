"""What nobody expected: a page with a number that is in the log, JSON for programs, and nothing about the inside."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from review.presentation.glossary import Glossary
from review.server.pages.desk import Desk
from review.server.pages.error_pages import ErrorPages
from review.server.problems import install_problem_handlers

PAGE = {"Accept": "text/html"}
SECRET = "the password is hunter2"


@pytest.fixture
def client() -> Iterator[TestClient]:
    """An app whose routes fail, with the pages of errors before it."""
    app = FastAPI()
    app.add_middleware(ErrorPages, desk=Desk(Glossary()))
    install_problem_handlers(app)

    def fail() -> Any:
        raise RuntimeError(SECRET)

    def fail_later() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield "half a page"
            raise RuntimeError(SECRET)

        return StreamingResponse(parts(), media_type="text/html")

    app.add_api_route("/page", fail, methods=["GET", "POST"])
    app.add_api_route("/v1/thing", fail)
    app.add_api_route("/later", fail_later)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def logged(caplog: pytest.LogCaptureFixture) -> tuple[str, str]:
    """The number that the log has, and what stands beside it."""
    [record] = [record for record in caplog.records if record.name == "review.server.problems"]
    found = re.match(r"reference ([0-9A-F]{8}): (.*)", record.getMessage())
    assert found is not None
    assert record.exc_info is not None
    assert SECRET in str(record.exc_info[1])
    return found[1], found[2]


@pytest.mark.parametrize(
    ("language", "title", "home"), [("zh", "系统出错了", "编号"), ("en", "Something went wrong here", "Reference")]
)
def test_a_failure_is_a_page_with_the_number_that_is_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture, language: str, title: str, home: str
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get(
            f"/page?lang={language}&token=abc", headers=PAGE | {"Referer": "http://testserver/findings"}
        )
    reference, what = logged(caplog)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert title in answer.text
    assert home in answer.text
    assert reference in answer.text
    assert 'href="/findings"' in answer.text
    assert what == "GET /page failed"
    assert SECRET not in answer.text


def test_a_form_that_fails_gets_the_page_too(client: TestClient) -> None:
    answer = client.post("/page", headers=PAGE)
    assert (answer.status_code, "系统出错了" in answer.text) == (500, True)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/v1/thing", PAGE), ("/page", {"Accept": "*/*"}), ("/page", PAGE | {"HX-Request": "true"})],
    ids=["the interface", "a program", "a part of a page"],
)
def test_programs_get_the_problem_with_the_number(
    client: TestClient, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    reference, _ = logged(caplog)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    told = answer.json()
    assert (told["code"], told["detail"]) == (
        "server_error",
        f"the server failed; its log says why, at reference {reference}",
    )
    assert SECRET not in answer.text


def test_what_has_begun_is_not_ended_as_another_page(client: TestClient) -> None:
    answer = client.get("/later", headers=PAGE)
    assert "half a page" in answer.text
    assert "系统出错了" not in answer.text
