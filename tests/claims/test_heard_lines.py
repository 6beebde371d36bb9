"""The given spoken lines, heard by the packaged recogniser: as many claims are found as in their texts."""

import json
import shutil
from pathlib import Path

import pytest

from bench import spoken
from bench.spoken_material import given
from tests.material import SPEECH

HERE = Path(__file__).parent / "heard"
# Of ten findings one more or less is .1: what is heard of a line differs from processor to processor.
RECALL, PRECISION = 0.1, 0.1


@pytest.mark.service
def test_the_given_lines_lose_little_by_being_heard(tmp_path: Path) -> None:
    texts = dict(row.split("\t")[::3] for row in (SPEECH / "texts.tsv").read_text(encoding="utf-8").splitlines())
    rows = [json.loads(row) for row in (HERE / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        shutil.copy(SPEECH / row["file"], tmp_path)
        row |= {"case": row["file"], "text": texts[row["file"]], "passports": "passports.json"}
    shutil.copy(HERE / "passports.json", tmp_path)
    (tmp_path / "texts.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    found = {str(row["way"]): row for row in spoken.rows(spoken.judge(given(tmp_path))) if row["table"] == "quality"}

    assert found["text"]["recall"] >= 0.88, found
    assert found["heard"]["recall"] >= found["text"]["recall"] - RECALL, found
    assert found["heard"]["precision"] >= found["text"]["precision"] - PRECISION, found
