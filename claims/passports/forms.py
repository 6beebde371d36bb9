"""The two forms in which passports arrive, strict in their keys (short: `id`, long: `passport_id`)."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from claims.passports.identifiers import gtin_is_valid
from claims.text.registered import is_size, read_value
from claims.types import CHINA_TIME

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Form(BaseModel):
    """A record of a passport file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class QuantityForm(Form):
    """A value or range with unit code (UN/CEFACT Rec 20) or unit text."""

    value: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    unit: str | None = None
    unit_text: str | None = None
    kind: Literal["exact", "typical", "rated", "minimum", "maximum"] = "exact"
    tol_abs: Decimal | None = None
    tol_pct: Decimal | None = None
    tol_basis: str | None = None


class EvidenceForm(Form):
    doc_id: str
    kind: str
    number: str
    issuer: str | None = None
    issued: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    scope: str | None = None
    url: str | None = None
    sha256: str | None = None


class MaterialForm(Form):
    name: str
    part: str = "body"
    percent: QuantityForm | None = None
    aliases: tuple[str, ...] = ()
    origin: Country | None = None


class NutrientForm(Form):
    name: str
    per: Literal["100g", "100mL", "serving", "100kJ"]
    amount: QuantityForm


class SpecForm(Form):
    key: str
    name_zh: str
    spoken_aliases: tuple[str, ...] = ()
    q: QuantityForm | None = None
    text: str | None = None
    condition: str | None = None
    evidence: tuple[str, ...] = ()


class PermittedForm(Form):
    text_zh: str
    claim_class: str
    verbatim_only: bool = False
    evidence: tuple[str, ...] = ()
    valid_to: date | None = None


class PricePointForm(Form):
    """A price that was asked or paid; a moment without a zone is China Standard Time."""

    at: datetime
    deal_price: Decimal
    currency: str = "CNY"
    channel: str = "live"
    kind: Literal["deal", "list", "coupon"] = "deal"

    @field_validator("at")
    @classmethod
    def _zoned(cls, value: datetime) -> datetime:
        return value if value.tzinfo else value.replace(tzinfo=CHINA_TIME)


class ImageForm(Form):
    path_or_url: str
    sha256: str | None = None
    view: Literal["front", "back", "label", "other"] = "front"


def _checked_gtin(value: str | None) -> str | None:
    if value is not None and not gtin_is_valid(value):
        raise ValueError(f"GTIN {value} has a wrong check digit or length")
    return value


class LongPassport(Form):
    """The long form (schema 0.1)."""

    passport_id: Annotated[str, Field(min_length=1)]
    schema_version: str = "0.1"
    granularity: Literal["model", "batch", "item"] = "model"
    gtin: str | None = None
    sku: str | None = None
    batch: str | None = None
    serial: str | None = None
    digital_link: str | None = None
    name_zh: Annotated[str, Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    brand: str | None = None
    trademarks: tuple[str, ...] = ()
    category: Annotated[str, Field(min_length=1)]
    category_code: str | None = None
    producer: str | None = None
    producer_uscc: str | None = None
    commissioned_by: str | None = None
    brand_country: Country | None = None
    origin_country: Country | None = None
    origin_region: str | None = None
    brand_since: int | None = None
    net_content: QuantityForm | None = None
    pack_count: int | None = None
    materials: tuple[MaterialForm, ...] = ()
    ingredients: tuple[str, ...] = ()
    nutrition: tuple[NutrientForm, ...] = ()
    specs: tuple[SpecForm, ...] = ()
    grade: str | None = None
    grade_standard: str | None = None
    treatment: str | None = None
    production_date: date | None = None
    shelf_life_days: int | None = None
    vintage: int | None = None
    standards: tuple[str, ...] = ()
    evidence: tuple[EvidenceForm, ...] = ()
    permitted_claims: tuple[PermittedForm, ...] = ()
    mandatory_statements: tuple[str, ...] = ()
    unsuitable_groups: tuple[str, ...] = ()
    awards: tuple[str, ...] = ()
    endorsers: tuple[str, ...] = ()
    warranty: str | None = None
    return_policy: str | None = None
    gift_list: tuple[str, ...] = ()
    msrp: Decimal | None = None
    price_history: tuple[PricePointForm, ...] = ()
    images: tuple[ImageForm, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    _gtin = field_validator("gtin")(_checked_gtin)


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


class AttributeForm(Form):
    name: str
    label: str | None = None
    value: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    unit: str | None = None
    text: str | None = None
    tolerance_percent: Decimal | None = None
    kind: Literal["exact", "typical", "rated", "minimum", "maximum"] = "exact"
    condition: str | None = None
    aliases: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _value_as_written(cls, record: Any) -> Any:
        """What sellers write in the place of the number: 100-240, ≥90, 300±5, 12,000; a size is a text."""
        value = record.get("value") if isinstance(record, dict) else None
        if not isinstance(value, str) or _is_number(value):
            return record
        rest, unit = {name: one for name, one in record.items() if name != "value"}, record.get("unit")
        if is_size(value) and record.get("text") is None:
            rest.pop("unit", None)
            return {**rest, "text": f"{value}{unit or ''}"}
        read = read_value(value)
        if read is None or (read.unit and unit and read.unit.lower() != str(unit).lower()):
            return record
        if read.unit and not unit:
            rest["unit"] = read.unit
        if read.low == read.high:
            return {**rest, "value": read.low} | ({"kind": "typical"} if read.is_about and "kind" not in rest else {})
        return {**rest, "min": read.low, "max": read.high}

    @field_validator("value", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, str) and not _is_number(value):
            fault = "is no number, range (100-240), bound (≥90), tolerance (300±5) or size (20×30) in this unit"
            raise ValueError(f"{value[:40]!r} {fault}; write it as text")
        return value

    @field_validator("text", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, bool | int | float) else value


class CompositionForm(Form):
    part: str = "body"
    material: str
    label: str | None = None
    percent: Decimal | None = None
    origin: Country | None = None


class CertificateForm(Form):
    scheme: str
    number: str = ""
    scope: str | None = None
    issuer: str | None = None
    issued: date | None = None
    valid_from: date | None = None
    valid_until: Annotated[date | None, Field(validation_alias=AliasChoices("valid_until", "valid_to"))] = None


class PriceForm(Form):
    currency: str = "CNY"
    regular: Decimal | None = None
    lowest_7d: Decimal | None = None
    history: tuple[PricePointForm, ...] = ()


class ShortPassport(Form):
    """The short form: what a spreadsheet can export."""

    id: Annotated[str, Field(min_length=1)]
    gtin: str | None = None
    name: Annotated[str, Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    brand: str | None = None
    category: Annotated[str, Field(min_length=1)]
    origin: str | None = None
    origin_region: str | None = None
    manufacturer: str | None = None
    attributes: tuple[AttributeForm, ...] = ()
    composition: tuple[CompositionForm, ...] = ()
    ingredients: tuple[str, ...] = ()
    certificates: tuple[CertificateForm, ...] = ()
    registered_claims: tuple[str, ...] = ()
    price: PriceForm | None = None
    images: tuple[ImageForm, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    _gtin = field_validator("gtin")(_checked_gtin)
