"""Each setting as it is in force and where it was set, for people to read: what is secret is never among it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from cli.config.second_reader import PREFIX as SECOND_READER
from cli.config.settings import PREFIX, Settings, read_settings_file
from review.server.pages.settings import Origin, SettingInForce

_BLOCK = "second_reader"


def settings_in_force(settings: Settings, file: Path | None) -> tuple[SettingInForce, ...]:
    """Every setting, in the order in which `Settings` names them; `file`: what was read, None: nothing."""
    in_file = {} if file is None else read_settings_file(file)
    found = [one for one in _each_in_force(settings, in_file, PREFIX) if one.name != _BLOCK]
    block = in_file.get(_BLOCK)
    parts = _each_in_force(settings.second_reader, block if isinstance(block, dict) else {}, SECOND_READER)
    inner = [SettingInForce(name=f"{_BLOCK}.{p.name}", value=p.value, origin=p.origin, is_set=p.is_set) for p in parts]
    return (*found, *inner)


def _each_in_force(model: BaseModel, in_file: Mapping[str, object], prefix: str) -> Iterator[SettingInForce]:
    in_environment = {name.upper() for name in os.environ}
    for name, field in type(model).model_fields.items():
        known_as = field.alias or name
        value = getattr(model, name)
        origin = Origin.FILE if known_as in in_file else Origin.DEFAULT
        if f"{prefix}{known_as.upper()}" in in_environment:
            origin = Origin.ENVIRONMENT
        shown = None if field.repr is False else _shown(value)
        yield SettingInForce(name=known_as, value=shown, origin=origin, is_set=value not in ("", (), {}, None))


def _shown(value: Any) -> str:
    """The value as text; of an address no more than its server, since the rest may hold a token."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(_shown(one) for one in value)
    text = str(value)
    return _server_of(text) if "://" in text else text


def _server_of(url: str) -> str:
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    rest = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{server}{rest}"
