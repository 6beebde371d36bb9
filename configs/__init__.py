"""Policy, settings and the demo as data; the code only locates them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
POLICY_DIR = ROOT / "policy" / "zh-CN"
DEMO_DIR = ROOT / "demo"
SEMANTIC_DIR = ROOT / "semantic"
LAWS_FILE = ROOT / "laws" / "zh-CN.yaml"
