"""What the maker prints on a product's pack: the few words it takes from a passport."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from cli.broadcast.errors import ScriptError

_UNIT_SYMBOLS = {"GRM": "g", "KGM": "kg", "MLT": "mL", "LTR": "L"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLabel:
    """The words on a pack; `category` decides its shape."""

    product_id: str
    name: str
    brand: str
    category: str
    net_content: str


def _net_content(passport: Mapping[str, object]) -> str:
    content = passport.get("net_content")
    if not isinstance(content, Mapping):
        return ""
    symbol = _UNIT_SYMBOLS.get(str(content.get("unit")))
    return f"{content['value']}{symbol}" if symbol else ""


def _pack_label(passport: Mapping[str, object], path: Path) -> PackLabel:
    product_id = passport.get("passport_id") or passport.get("id")
    name = passport.get("name_zh") or passport.get("name")
    if not product_id or not name:
        raise ScriptError(f"{path}: a passport has no id or no name; give it passport_id and name_zh, or id and name")
    return PackLabel(
        product_id=str(product_id),
        name=str(name),
        brand=str(passport.get("brand") or ""),
        category=str(passport.get("category") or ""),
        net_content=_net_content(passport),
    )


def read_pack_labels(path: Path) -> dict[str, PackLabel]:
    """Pack labels by product id, from a passports file in the long or the short form."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ScriptError(f"{path}: passports can't be read ({error}); give a YAML or JSON passports file") from error
    passports = document.get("passports") if isinstance(document, dict) else document
    if not isinstance(passports, list) or not all(isinstance(passport, dict) for passport in passports):
        raise ScriptError(f"{path}: holds no list of passports; give a list, or `passports:` with a list")
    labels = [_pack_label(passport, path) for passport in passports]
    return {label.product_id: label for label in labels}
