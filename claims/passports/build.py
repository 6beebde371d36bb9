"""From a checked form to the passport that claims are held against."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from claims.passports.forms import LongPassport, QuantityForm, ShortPassport
from claims.passports.passport import (
    Certificate,
    Material,
    Passport,
    PermittedClaim,
    PricePoint,
    RegisteredQuantity,
    RegisteredText,
)
from claims.passports.quantities import QuantityReader
from claims.passports.schemes import CertificateSchemes
from claims.text.units import plain


@dataclass(frozen=True, slots=True)
class _Papers:
    """Certificates by whether their scheme is known, with what is to be said about them."""

    known: tuple[Certificate, ...]
    unknown: tuple[Certificate, ...]
    warnings: tuple[str, ...]


def _papers(product_id: str, certificates: Iterable[Certificate], schemes: CertificateSchemes) -> _Papers:
    known: list[Certificate] = []
    unknown: list[Certificate] = []
    warnings: list[str] = []
    for certificate in certificates:
        place = f"{product_id}: {certificate.path}"
        if not schemes.knows(certificate.scheme):
            unknown.append(certificate)
            warnings.append(f"{place}: scheme {certificate.scheme!r} is not known; it is kept and supports nothing")
            continue
        known.append(certificate)
        if not schemes.is_number(certificate.scheme, certificate.number):
            warnings.append(f"{place}: {certificate.number!r} does not look like a number of {certificate.scheme}")
    return _Papers(tuple(known), tuple(unknown), tuple(warnings))


def _image(path: str, folder: Path | None) -> str:
    return path if "://" in path or folder is None else str(folder / path)


def from_long(form: LongPassport, version: str, reader: QuantityReader, folder: Path | None) -> Passport:
    known = {e.doc_id for e in form.evidence}
    for used in [r for s in form.specs for r in s.evidence] + [r for c in form.permitted_claims for r in c.evidence]:
        if used not in known:
            raise ValueError(f"evidence id {used!r} is used but not listed under evidence")
    quantities: list[RegisteredQuantity] = []
    texts: list[RegisteredText] = []
    wording = reader.wording
    if form.net_content:
        quantities += reader.read("net_content", "net_content", wording.net_content, (), form.net_content)
    if form.pack_count:
        count = QuantityForm(value=Decimal(form.pack_count), unit="C62")
        quantities += reader.read("pack_count", "pack_count", wording.pack_count, (), count)
    for nutrient in form.nutrition:
        path = f"nutrition.{nutrient.name}"
        condition = f"{wording.per}{nutrient.per}"
        quantities += reader.read(
            path, "nutrition", nutrient.name, (nutrient.name,), nutrient.amount, condition=condition
        )
    measured: dict[str, set[str]] = {}
    for spec in form.specs:
        path = f"specs.{spec.key}"
        have = measured.setdefault(path, set())
        if spec.q:
            read = reader.read(path, spec.key, spec.name_zh, spec.spoken_aliases, spec.q, condition=spec.condition)
            quantities += read
            have |= {q.dimension for q in read}
        if spec.text:
            cues = (spec.name_zh, *spec.spoken_aliases)
            texts.append(RegisteredText(path=path, key=spec.key, label=spec.name_zh, text=spec.text, cues=cues))
            if not spec.q or spec.q.unit is not None:
                written = [
                    q
                    for q in reader.read_text(path, spec.key, spec.name_zh, spec.spoken_aliases, spec.text)
                    if not have or (q.dimension in have and spec.key in {"size", "dimensions"})
                ]
                quantities += written
                have |= {q.dimension for q in written}
    if form.shelf_life_days:
        days = QuantityForm(value=Decimal(form.shelf_life_days), unit="DAY")
        quantities += reader.read("shelf_life_days", "shelf_life", wording.shelf_life, (), days)
    if form.warranty:
        quantities += reader.read_text("warranty", "warranty", wording.warranty, (), form.warranty)
    papers = _papers(
        form.passport_id,
        (
            Certificate(
                path=f"evidence.{e.doc_id}",
                scheme=reader.schemes.meant(e.kind, e.number),
                number=e.number,
                scope=e.scope or "",
                issuer=e.issuer or "",
                valid_from=e.valid_from,
                valid_to=e.valid_to,
            )
            for e in form.evidence
        ),
        reader.schemes,
    )
    return Passport(
        id=form.passport_id,
        version=version,
        name=form.name_zh,
        category=form.category,
        gtin=form.gtin,
        link=form.digital_link,
        aliases=form.aliases + form.trademarks,
        brand=form.brand,
        origin_country=form.origin_country,
        origin_region=form.origin_region,
        brand_country=form.brand_country,
        brand_since=form.brand_since,
        producer=form.producer,
        quantities=tuple(quantities),
        texts=tuple(texts),
        materials=tuple(
            Material(
                path=f"materials.{i}",
                name=m.name,
                part=m.part,
                percent=m.percent.value if m.percent else None,
                aliases=m.aliases,
                origin=m.origin,
            )
            for i, m in enumerate(form.materials)
        ),
        ingredients=form.ingredients,
        certificates=papers.known,
        unknown_certificates=papers.unknown,
        warnings=papers.warnings,
        permitted=tuple(
            PermittedClaim(
                path=f"permitted_claims.{i}", text=c.text_zh, verbatim_only=c.verbatim_only, valid_to=c.valid_to
            )
            for i, c in enumerate(form.permitted_claims)
        ),
        awards=form.awards,
        endorsers=form.endorsers,
        standards=form.standards,
        unsuitable_groups=form.unsuitable_groups,
        gifts=form.gift_list,
        warranty=form.warranty,
        return_policy=form.return_policy,
        grade=form.grade,
        treatment=form.treatment,
        production_date=form.production_date,
        shelf_life_days=form.shelf_life_days,
        vintage=form.vintage,
        msrp=form.msrp,
        price_history=tuple(PricePoint(at=p.at, price=p.deal_price) for p in form.price_history if p.kind == "deal"),
        images=tuple(_image(i.path_or_url, folder) for i in form.images),
        valid_from=form.valid_from,
        valid_to=form.valid_to,
    )


def from_short(form: ShortPassport, version: str, reader: QuantityReader, folder: Path | None) -> Passport:
    quantities: list[RegisteredQuantity] = []
    texts: list[RegisteredText] = []
    for attribute in form.attributes:
        path, label = f"attributes.{attribute.name}", attribute.label or attribute.name
        if attribute.value is not None or attribute.min is not None or attribute.max is not None:
            quantity = QuantityForm(
                value=attribute.value,
                min=attribute.min,
                max=attribute.max,
                unit_text=attribute.unit,
                kind=attribute.kind,
                tol_pct=attribute.tolerance_percent,
            )
            read = reader.read(path, attribute.name, label, attribute.aliases, quantity, condition=attribute.condition)
            quantities += read
            if not read:
                ends = dict.fromkeys(n for n in (attribute.min, attribute.value, attribute.max) if n is not None)
                shown = f"{'-'.join(map(plain, ends))}{attribute.unit or ''}"
                texts.append(RegisteredText(path=path, key=attribute.name, label=label, text=shown, cues=(label,)))
        if attribute.text:
            texts.append(
                RegisteredText(
                    path=path, key=attribute.name, label=label, text=attribute.text, cues=(label, *attribute.aliases)
                )
            )
            quantities += reader.read_text(path, attribute.name, label, attribute.aliases, attribute.text)
    by_key = {t.key: t.text for t in texts}
    price = form.price
    region_text = f"{form.origin or ''} {form.origin_region or ''}".strip()
    if form.origin and len(form.origin) != 2:
        texts.append(RegisteredText(path="origin", key="origin", label=reader.wording.origin, text=region_text))
    papers = _papers(
        form.id,
        (
            Certificate(
                path=f"certificates.{i}",
                scheme=reader.schemes.meant(c.scheme, c.number),
                number=c.number,
                scope=c.scope or "",
                issuer=c.issuer or "",
                valid_from=c.valid_from,
                valid_to=c.valid_until,
            )
            for i, c in enumerate(form.certificates)
        ),
        reader.schemes,
    )
    return Passport(
        id=form.id,
        version=version,
        name=form.name,
        category=form.category,
        gtin=form.gtin,
        aliases=form.aliases,
        brand=form.brand,
        origin_country=form.origin,
        origin_region=form.origin_region,
        producer=form.manufacturer,
        quantities=tuple(quantities),
        texts=tuple(texts),
        materials=tuple(
            Material(
                path=f"composition.{i}",
                name=c.label or c.material,
                part=c.part,
                percent=c.percent,
                aliases=(c.material,),
                origin=c.origin,
            )
            for i, c in enumerate(form.composition)
        ),
        ingredients=form.ingredients,
        certificates=papers.known,
        unknown_certificates=papers.unknown,
        warnings=papers.warnings,
        permitted=tuple(
            PermittedClaim(path=f"registered_claims.{i}", text=t) for i, t in enumerate(form.registered_claims)
        ),
        warranty=by_key.get("warranty"),
        return_policy=by_key.get("return_policy"),
        grade=by_key.get("grade"),
        treatment=by_key.get("treatment"),
        msrp=price.regular if price else None,
        lowest_7d=price.lowest_7d if price else None,
        price_history=tuple(PricePoint(at=p.at, price=p.deal_price) for p in price.history if p.kind == "deal")
        if price
        else (),
        images=tuple(_image(i.path_or_url, folder) for i in form.images),
        valid_from=form.valid_from,
        valid_to=form.valid_to,
    )
