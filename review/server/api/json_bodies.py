"""Bodies of JSON read beside the server's loop, with the complaints that the web framework would make."""

import email.message
import json
from typing import Any, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from review.server.api.schemas.prebroadcast import CatalogueIn, CheckIn
from review.server.api.unique_keys import check_unique_keys

Model = TypeVar("Model", bound=BaseModel)


def read_by_hand() -> dict[str, Any]:
    """The schemas of the bodies that are read here, by name, which the web framework therefore does not describe."""
    wanted: list[tuple[type[BaseModel], Literal["validation"]]] = [(CheckIn, "validation"), (CatalogueIn, "validation")]
    _, described = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    return dict(described["$defs"])


async def body_of(request: Request) -> bytes:
    """The body's bytes; a bound before the app has cut off what is too long."""
    return await request.body()


async def read_json(request: Request, body: bytes, model: type[Model]) -> Model:
    """The body as this model; RequestValidationError names each field that is wrong."""
    is_json = _is_json(request.headers.get("content-type", ""))
    return await run_in_threadpool(_read, body, is_json, model)


def _read(body: bytes, is_json: bool, model: type[Model]) -> Model:
    try:
        return model.model_validate(_parsed(body) if body and is_json else body or None)
    except ValidationError as error:
        found = [one | {"loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(found, body=body) from error


def _parsed(body: bytes) -> Any:
    try:
        check_unique_keys(body)
        return json.loads(body)
    except json.JSONDecodeError as error:
        wrong = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error", "input": {}}
        raise RequestValidationError([wrong | {"ctx": {"error": error.msg}}], body=error.doc) from error
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "There was an error parsing the body") from error


def _is_json(content_type: str) -> bool:
    message = email.message.Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))
