"""Writes docs/openapi.json from the program, as the API reference shows it."""

import json
from pathlib import Path

from review.server.openapi import described

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


def main() -> None:
    """Replaces the file."""
    TARGET.write_text(json.dumps(described(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
