"""How much is taken at once to be checked; each is a setting, and each refusal names the field and the limit."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims.passports.bounds import PassportBounds, too_large
from review.prebroadcast.errors import CheckRefused

MOST_CHARS = 60_000
MOST_ROWS = 500
MOST_PRODUCTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLimits:
    """Characters of a text; rows of a catalogue; sentences, captions or lines of all that one request sends; products;
    KB of a body of JSON, and of all passports by which one request is judged; and what one passport may hold.
    """

    chars: int = MOST_CHARS
    rows: int = MOST_ROWS
    pieces: int = 4_000
    products: int = MOST_PRODUCTS
    body_kb: int = 512
    passports_kb: int = 512
    passport: PassportBounds = field(default_factory=PassportBounds)

    def check_text(self, text: str) -> None:
        """CheckRefused where there is none, or too much of it."""
        if not text.strip():
            raise CheckRefused("text", "is empty; send the words to check")
        if len(text) > self.chars:
            raise CheckRefused("text", f"has {len(text)} characters, at most {self.chars} are taken; send it in parts")

    def check_rows(self, rows: Sequence[object]) -> None:
        """CheckRefused where there are too many."""
        if len(rows) > self.rows:
            raise CheckRefused("rows", f"are {len(rows)}, at most {self.rows} are taken; send them in parts")

    def check_pieces(self, field_name: str, count: int) -> None:
        """CheckRefused where there are more sentences than are judged at once, however short they are."""
        if count > self.pieces:
            why = f"has {count} sentences or captions, at most {self.pieces} are taken; send it in parts"
            raise CheckRefused(field_name, why)

    def check_products(self, products: Sequence[str], sent: Sequence[object]) -> None:
        """CheckRefused where more are named and sent along than are taken."""
        for name, given in (("products", products), ("passports", sent)):
            if len(given) > self.products:
                raise CheckRefused(name, f"are {len(given)}, at most {self.products} are taken")

    def check_sent(self, sent: Sequence[Any]) -> None:
        """CheckRefused where one of the passports that were sent along is too large."""
        for index, record in enumerate(sent):
            if (found := too_large(record, self.passport)) is not None:
                path, why = found
                raise CheckRefused("passports", f"[{index}]{'.' if path else ''}{path}: {why}")

    def check_size(self, records: Iterable[Any]) -> None:
        """CheckRefused where all passports together, registered ones among them, are too much to be judged by."""
        size = sum(len(json.dumps(record, ensure_ascii=False, default=str).encode()) for record in records)
        if size > 1024 * self.passports_kb:
            why = f"hold {size // 1024} KB together, at most {self.passports_kb} are taken; name fewer products"
            raise CheckRefused("passports", why)
