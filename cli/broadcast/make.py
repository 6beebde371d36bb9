"""Makes the demo: `python -m cli.broadcast.make SCRIPT` fills `configs/demo` and writes the film to `demo_film`."""

import hashlib
import json
from pathlib import Path

import click
import yaml

from cli.broadcast.compose import compose
from cli.broadcast.errors import BroadcastError
from cli.broadcast.labels import read_pack_labels
from cli.broadcast.products import reference_image
from cli.broadcast.script import BroadcastScript, read_script

_DEMO = Path(__file__).parents[2] / "configs" / "demo"
_FILM = Path(__file__).parents[2] / "demo_film" / "broadcast.mp4"
_HEADER = (
    "# The passports of the demo broadcast: fictional products, invented certificate numbers of the right shape.\n"
)


def _write_images(script: BroadcastScript, passports: Path, folder: Path) -> dict[str, Path]:
    labels = read_pack_labels(passports)
    folder.mkdir(parents=True, exist_ok=True)
    images = {}
    for product_id in dict.fromkeys(line.product_id for line in script.lines if line.product_id is not None):
        images[product_id] = folder / f"{product_id.rsplit(':', 1)[-1]}.png"
        reference_image(labels[product_id]).save(images[product_id], optimize=True)
    return images


def _write_passports(source: Path, images: dict[str, Path], target: Path) -> None:
    document = yaml.safe_load(source.read_text(encoding="utf-8"))
    chosen = [passport for passport in document["passports"] if passport["passport_id"] in images]
    for passport in chosen:
        image = images[passport["passport_id"]]
        digest = hashlib.sha256(image.read_bytes()).hexdigest()
        place = image.relative_to(target.parent).as_posix()
        passport["images"] = [{"path_or_url": place, "sha256": digest, "view": "front"}]
    text = yaml.safe_dump({"passports": chosen}, allow_unicode=True, sort_keys=False, width=120)
    target.write_text(_HEADER + text, encoding="utf-8")


@click.command()
@click.argument("script_path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=_DEMO, help="Where the demo goes.")
@click.option("--film", type=click.Path(dir_okay=False, path_type=Path), default=_FILM, help="Where its film goes.")
def make(script_path: Path, out: Path, film: Path) -> None:
    """Draw, speak and encode the demo of SCRIPT_PATH, whose audio lies beside it."""
    try:
        script = read_script(script_path)
        source = script_path.parent / script.passports
        images = _write_images(script, source, out / "images")
        _write_passports(source, images, out / "passports.yaml")
        written = json.loads(script_path.read_text(encoding="utf-8")) | {"passports": "passports.yaml"}
        (out / "demo.json").write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        compose(script, audio_dir=script_path.parent, passports=source, target=film)
    except BroadcastError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    make()
