"""Policy, settings and the demo as data; the code only locates them."""

from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
POLICY_DIR = ROOT / "policy" / "zh-CN"
DEMO_DIR = ROOT / "demo"
SEMANTIC_DIR = ROOT / "semantic"
LAWS_FILE = ROOT / "laws" / "zh-CN.yaml"
SIZING_FILE = ROOT / "sizing.yaml"
# The first eighteen seconds of the demo's broadcast, by which a machine is tried.
TRIAL_FILM = DEMO_DIR / "trial.mp4"
DEMO_FILM = "broadcast.mp4"


def demo_film() -> Path | None:
    """The film of the demo's broadcast; None where `zhenyan-demo-film`, which has it, is not installed."""
    for entry in entry_points(group="zhenyan.demo"):
        found = find_spec(entry.value)
        if found is not None and found.origin is not None:
            return Path(found.origin).with_name(DEMO_FILM)
    return None
