"""The OpenAPI document as generators and people need it: names, examples, and one kind of error."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[4] / "docs" / "openapi.json").read_text("utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
# What people ask whether it is alive by, and what is a file.
OPEN = {"/healthz", "/readyz"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


ALL = list(operations())
IDS = [f"{method} {path}" for method, path, _ in ALL]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 50
    assert [ref for ref in found if ref.removeprefix("#/components/schemas/") not in SCHEMAS] == []


def test_operations_are_named_as_one_calls_them_and_each_once() -> None:
    names = [operation["operationId"] for _, _, operation in ALL]
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert len(set(names)) == len(names) > 50


@pytest.mark.parametrize(("method", "path", "operation"), ALL, ids=IDS)
def test_each_operation_is_described_and_its_errors_are_problems(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation.get("summary")
    assert operation.get("description")
    errors = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
    assert errors or path in OPEN
    for status, answer in errors.items():
        assert list(answer["content"]) == ["application/problem+json"], status
        assert resolved(answer["content"]["application/problem+json"]["schema"]) is SCHEMAS["Problem"]


@pytest.mark.parametrize(
    ("method", "path", "operation"), [one for one in ALL if "requestBody" in one[2]], ids=lambda one: str(one)[:60]
)
def test_each_body_has_an_example(method: str, path: str, operation: dict[str, Any]) -> None:
    def has_one(content: dict[str, Any]) -> bool:
        schema = resolved(content.get("schema", {}))
        shown = [content, schema, *map(resolved, schema.get("anyOf", ()))]
        return any("example" in each or "examples" in each for each in shown)

    assert any(map(has_one, operation["requestBody"]["content"].values()))
