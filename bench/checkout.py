"""What the benchmarks measure on that lies in a checkout of the project alone, never in an installed package."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
_TESTS = ROOT / "tests"
CASES_DIR = _TESTS / "claims"
SPEECH_DIR = _TESTS / "given" / "speech"
DEMO_FILM = ROOT / "demo_film" / "broadcast.mp4"
SYNTHESISER = ROOT / "training" / "speech" / "synthesise.py"
