"""Writes dist/zhenyan.cdx.json: a CycloneDX list of what is shipped with the program, from what is installed here.

`cyclonedx-py` lists the environment, tools of development among it; what the image's extras do not ask for is left out,
and so is every address of this machine.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from scripts.closures import SHIPPED, closure

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "dist" / "zhenyan.cdx.json"


def shipped_alone(whole: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """The list with the components of these names, and what they need of each other."""
    kept = [part for part in whole["components"] if canonicalize_name(part["name"]) in names]
    for part in kept:
        about = [one for one in part.get("externalReferences", []) if not one["url"].startswith("file:")]
        part["externalReferences"] = about
    root = whole["metadata"]["component"]["bom-ref"]
    refs = {part["bom-ref"] for part in kept} | {root}
    needs = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", []) if ref in refs]}
        for each in whole["dependencies"]
        if each["ref"] in refs
    ]
    return {**whole, "components": kept, "dependencies": needs}


def main() -> int:
    """The exit status: 1 where something that is shipped is not installed here, or the list is none by its schema."""
    found, missing = closure("zhenyan", SHIPPED)
    if missing:
        print(f"not installed here: {', '.join(sorted(missing))}; make extras", file=sys.stderr)
        return 1
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), "environment", "--output-reproducible"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), sys.executable]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        print(listed.stderr, file=sys.stderr)
        return 1
    shipped = shipped_alone(json.loads(listed.stdout), frozenset(found) - {"zhenyan"})
    text = json.dumps(shipped, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    fault = JsonStrictValidator(SchemaVersion.from_version(shipped["specVersion"])).validate_str(text)
    if fault is not None:
        print(f"not by the schema: {fault}", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(shipped['components'])} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
