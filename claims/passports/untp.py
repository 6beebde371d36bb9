"""Digital product passports as UNTP credentials (JSON-LD): what they say, in the long form. Nothing is invented.

Read are the product with its identifiers, category, producer, origin and dimensions, the materials' provenance, and
conformity claims with their evidence. Other parts are passed over. The data elements follow those of the EU's digital
product passport, for which no serialisation of its own is settled.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

_GRANULARITY = {
    "item": "item",
    "serialisedItem": "item",
    "batch": "batch",
    "model": "model",
    "productClass": "model",
}
_DIGITAL_LINK = re.compile(r"/01/(?P<gtin>\d{8,14})(?P<rest>(?:/(?:22|10|21|235)/[^/?#]+)*)")
_QUALIFIER = re.compile(r"/(22|10|21|235)/([^/?#]+)")
_CATEGORY_PATH = re.compile(r"[a-z_]+(/[a-z_]+)+")


def _first_day(value: Any) -> Any:
    """A moment's day; credentials write days and moments alike."""
    return value[:10] if isinstance(value, str) else value


Day = Annotated[date | None, BeforeValidator(_first_day)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


class _Measure(_Part):
    value: Decimal
    unit: str | None = None


class _Category(_Part):
    code: str | None = None
    name: str | None = None


class _Party(_Part):
    name: str | None = None


class _Product(_Part):
    id: str = ""
    name: Annotated[str, Field(min_length=1)]
    batch_number: str | None = None
    serial_number: str | None = None
    product_category: tuple[_Category, ...] = ()
    produced_by_party: _Party | None = None
    country_of_production: str | None = None
    production_date: Day = None
    dimensions: dict[str, Any] = {}


class _Material(_Part):
    name: Annotated[str, Field(min_length=1)]
    origin_country: str | None = None
    mass_fraction: Annotated[Decimal | None, Field(ge=0, le=1)] = None


class _Evidence(_Part):
    link_url: Annotated[str | None, Field(alias="linkURL")] = None
    link_name: str | None = None
    hash_method: str | None = None
    hash_digest: str | None = None


class _Claim(_Part):
    id: str | None = None
    description: str | None = None
    conformance: bool = True
    conformity_evidence: _Evidence | None = None


class _Subject(_Part):
    id: str | None = None
    granularity_level: str | None = None
    product: _Product
    materials_provenance: tuple[_Material, ...] = ()
    conformity_claim: tuple[_Claim, ...] = ()


class _Credential(_Part):
    id: str | None = None
    valid_from: Day = None
    valid_until: Day = None
    credential_subject: _Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A record of the long form, and what its reader should know."""

    record: dict[str, Any]
    warnings: tuple[str, ...]


def is_untp(content: Mapping[str, Any]) -> bool:
    """True for a credential about a product."""
    return isinstance(content.get("credentialSubject"), dict)


def parse_digital_link(uri: str) -> dict[str, str]:
    """The identifiers in a GS1 Digital Link: gtin (14 digits), batch, serial …; empty where it is none."""
    found = _DIGITAL_LINK.search(uri)
    if found is None:
        return {}
    names = {"22": "variant", "10": "batch", "21": "serial", "235": "third_party_serial"}
    return {"gtin": found["gtin"].zfill(14)} | {names[key]: value for key, value in _QUALIFIER.findall(found["rest"])}


def long_record(content: Mapping[str, Any], sizes: Mapping[str, str]) -> Imported:
    """The credential in the long form, its dimensions labelled by `sizes`; ValidationError says what can't be read."""
    credential = _Credential.model_validate(content)
    subject = credential.credential_subject
    product = subject.product
    identifiers = parse_digital_link(product.id)
    category = product.product_category[0] if product.product_category else _Category()
    passport_id = credential.id or subject.id or product.id or product.name
    path, warnings = _category_path(category.name, passport_id)
    evidence, claims = _proofs(subject.conformity_claim)
    record: dict[str, Any] = {
        "passport_id": passport_id,
        "granularity": _GRANULARITY.get(subject.granularity_level or "", "model"),
        "gtin": identifiers.get("gtin"),
        "batch": identifiers.get("batch") or product.batch_number,
        "serial": identifiers.get("serial") or product.serial_number,
        "digital_link": product.id or None,
        "name_zh": product.name,
        "category": path,
        "category_code": category.code,
        "producer": product.produced_by_party.name if product.produced_by_party else None,
        "origin_country": product.country_of_production,
        "production_date": product.production_date,
        "specs": [
            _spec(key, sizes.get(key, key), value)
            for key, value in product.dimensions.items()
            if isinstance(value, dict)
        ],
        "materials": [_material(material) for material in subject.materials_provenance],
        "evidence": evidence,
        "permitted_claims": claims,
        "valid_from": credential.valid_from,
        "valid_to": credential.valid_until,
    }
    return Imported(record=record, warnings=warnings)


_PLACES: dict[int | str, tuple[int | str, ...]] = {
    "passport_id": ("id",),
    "name_zh": ("credentialSubject", "product", "name"),
    "category": ("credentialSubject", "product", "productCategory", 0, "name"),
    "origin_country": ("credentialSubject", "product", "countryOfProduction"),
    "specs": ("credentialSubject", "product", "dimensions"),
    "materials": ("credentialSubject", "materialsProvenance"),
    "evidence": ("credentialSubject", "conformityClaim"),
    "valid_from": ("validFrom",),
    "valid_to": ("validUntil",),
}


def untp_path(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where in a credential a place of its long form stands, as near as that is known."""
    found = _PLACES.get(path[0], ()) if path else ()
    rest = path[1:2] if path[:1] == ("materials",) else ()
    return (*found, *rest) if found else path


def _category_path(name: str | None, passport_id: str) -> tuple[str, tuple[str, ...]]:
    if name and _CATEGORY_PATH.fullmatch(name):
        return name, ()
    shown = f"category {name!r}" if name else "no category"
    return "other", (f"{passport_id}: {shown}: is no category path such as food/honey; only rules for all goods hold",)


def _spec(key: str, label: str, value: Mapping[str, Any]) -> dict[str, Any]:
    measure = _Measure.model_validate(value)
    return {"key": key, "name_zh": label, "q": {"value": measure.value, "unit": measure.unit}}


def _material(material: _Material) -> dict[str, Any]:
    share = None if material.mass_fraction is None else {"value": material.mass_fraction * 100, "unit": "P1"}
    return {"name": material.name, "origin": material.origin_country, "percent": share}


def _proofs(claims: tuple[_Claim, ...]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Documents and what may be said by them: claims that hold and name their evidence."""
    evidence: list[dict[str, Any]] = []
    permitted: list[dict[str, Any]] = []
    for index, claim in enumerate(claims):
        proof = claim.conformity_evidence
        if not claim.conformance or proof is None or proof.link_url is None:
            continue
        name = f"untp{index}"
        number = proof.link_name or claim.id or name
        digest = proof.hash_digest if proof.hash_method == "SHA-256" else None
        evidence.append(
            {"doc_id": name, "kind": "OTHER", "number": number, "url": proof.link_url, "sha256": digest}
            | {"scope": claim.description}
        )
        text = claim.description or claim.id
        if text:
            permitted.append({"text_zh": text, "claim_class": "DATA_CITATION", "evidence": [name]})
    return evidence, permitted
