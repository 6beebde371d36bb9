import json
from pathlib import Path

import pytest

from tests.cli.support import AT, Call, passage

DOUBTFUL = [
    {"id": "P-1", "name": "充电宝", "category": "electronics", "certificates": [{"scheme": "HALAL", "number": "1"}]},
    {"id": "P-2", "name": "枣花蜜", "category": "food/honey", "certificates": [{"scheme": "SC", "number": "12"}]},
]


@pytest.mark.parametrize(
    ("products", "warned"),
    [([], ["P-1", "P-2"]), (["--products", "P-2"], ["P-2"])],
    ids=["all products", "only what is on sale"],
)
def test_doubtful_certificates_are_named_once_on_standard_error(
    zhenyan: Call, tmp_path: Path, products: list[str], warned: list[str]
) -> None:
    file = tmp_path / "passports.json"
    file.write_text(json.dumps(DOUBTFUL, ensure_ascii=False), encoding="utf-8")
    said = passage("大家好") + passage("欢迎欢迎", id="u2", start_ms=4000)
    answer = zhenyan("check", "--passports", file, "--at", AT, *products, stdin=said)
    assert (answer.status, answer.out) == (0, "")
    lines = answer.err.splitlines()
    assert len(lines) == len(warned)
    for line, product_id in zip(lines, warned, strict=True):
        assert line.startswith(f"zhenyan: passports {file}: warning: {product_id}: certificates.0: ")
