"""`zhenyan evidence`: packs of cases, their check, and the keys that sign them."""

import getpass
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.config.settings import Settings, load_settings
from cli.shell.file_modes import share
from cli.shell.folders import make_data_folder, make_shared_folder
from cli.shell.options import config_option
from cli.shell.records import InputError, now
from review.audit.keys import KeyRing
from review.evidence_packs.errors import PackError
from review.evidence_packs.layout import zip_pack
from review.evidence_packs.verification import verify_pack

if TYPE_CHECKING:
    from review.stores import Stores


@click.group(name="evidence", no_args_is_help=False)
def command() -> None:
    """Make and check evidence packs; publish and rotate the keys that sign them.

    \b
    Example:
      zhenyan evidence verify pack.zip --keys keys.json
    """


@command.command(name="pack")
@click.argument("case_id", metavar="CASE")
@click.option(
    "--out",
    "out",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that the pack is made in, named after the case.",
)
@click.option("--zip", "as_zip", is_flag=True, help="One zip instead of a folder.")
@config_option
def pack_command(case_id: str, out: Path, as_zip: bool, config_file: Path | None) -> None:
    """Make the signed pack of CASE: it plays offline from its index.html and proves what is in it.

    \b
    Example:
      zhenyan evidence pack 0c3f… --out packs/
    """
    settings = load_settings(config_file)
    make_shared_folder("--out", out)
    target = out / f"zhenyan-{case_id}"
    final = target.with_suffix(".zip") if as_zip else target
    if final.exists():
        raise PackError(f"pack {final}: exists already; name another folder, or remove it")
    from claims.policy.policy import Policy
    from cli.config.enforcement import legal_reference_of
    from review.evidence_packs.contents import gather
    from review.evidence_packs.pack import Maker, contents, write_pack

    reference = legal_reference_of(Policy(settings.policy_folder))
    maker = Maker(name=getpass.getuser(), at_ms=int(now().timestamp() * 1000))
    with _stores(settings) as stores:
        dossier = gather(stores, settings.data_dir.absolute(), case_id)
        stores.audit.note(f"cli:{maker.name}", "pack.made", f"case:{case_id}", host=dossier.case.host_id)
        write_pack(
            contents(dossier, maker, reference.classes, reference.laws),
            target,
            stores.enforcement.setup.keys,
            maker,
            case_id,
        )
    if as_zip:
        zip_pack(target, final)
        shutil.rmtree(target)
        _stamp(settings, final)
    share(final)
    click.echo(final)


@command.command(name="verify")
@click.argument("pack", metavar="PACK", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    "keys_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The publisher's public keys, as `zhenyan evidence keys` prints them; without, the key in the pack is taken.",
)
def verify_command(pack: Path, keys_file: Path | None) -> None:
    """Check PACK, a folder or zip, offline: signature, every file, the chain; exit 1 names the first broken thing.

    \b
    Example:
      zhenyan evidence verify zhenyan-0c3f….zip --keys keys.json
    """
    found = verify_pack(pack, None if keys_file is None else _read_keys(keys_file))
    click.echo(
        f"pack whole: case {found.case_id}, {found.file_count} files, {found.segment_count} segments in the chain, "
        f"signed by key {found.key_id}"
    )
    if not found.known_key:
        click.echo(
            "The key came with the pack: nothing was changed since it was signed. Give --keys to check who signed.",
            err=True,
        )


@command.command(name="stamped")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--roots",
    "roots",
    metavar="PEM",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The root certificates of the authority.",
)
def stamped_command(file: Path, roots: Path) -> None:
    """Say when FILE, a zipped pack or a head, was there by its time stamp FILE.tsr; exit 1 where that is none of it.

    \b
    Example:
      zhenyan evidence stamped zhenyan-0c3f….zip --roots authority.pem
    """
    from review.timestamps import SUFFIX, read_roots, stamped_at

    stamp = file.with_name(file.name + SUFFIX)
    for path in (file, stamp):
        if not path.is_file():
            raise InputError(f"{path}: no such file; give a file that has its time stamp beside it")
    when = stamped_at(file.read_bytes(), stamp.read_bytes(), read_roots(roots))
    click.echo(f"{file.name}: was there at {when.isoformat()}")


@command.command(name="keys")
@click.option("--rotate", is_flag=True, help="Make a new signing key first; what the old ones signed stays valid.")
@config_option
def keys_command(rotate: bool, config_file: Path | None) -> None:
    """Print the public keys as JSON, for publishing; the one without `retired_at_ms` signs now.

    \b
    Example:
      zhenyan evidence keys > keys.json
    """
    settings = load_settings(config_file)
    make_data_folder(settings.data_dir)
    ring, at_ms = KeyRing(settings.data_dir / "keys"), int(now().timestamp() * 1000)
    if rotate:
        new = ring.rotate(at_ms)
        with _stores(settings) as stores:
            stores.audit.note(f"cli:{getpass.getuser()}", "key.rotated", f"key:{new}")
    elif not ring.published():
        ring.sign(b"", at_ms)
    click.echo(json.dumps({"keys": [asdict(key) for key in ring.published()]}, indent=1))


@command.command(name="blacklist")
@config_option
def blacklist_command(config_file: Path | None) -> None:
    """Print the blacklist's entries that bind now as signed JSON, good for a day.

    \b
    Example:
      zhenyan evidence blacklist > blacklist.json
    """
    settings = load_settings(config_file)
    with _stores(settings) as stores:
        signed = stores.enforcement.export_blacklist(f"cli:{getpass.getuser()}")
    sys.stdout.write(json.dumps(signed, ensure_ascii=False) + "\n")


def _stamp(settings: Settings, pack: Path) -> None:
    """Puts a time stamp beside the pack, where the settings name an authority; the pack is there without, too."""
    from review.timestamps import SUFFIX, TimestampError

    try:
        authority = settings.time_authority
        if authority is None:
            return
        stamp = pack.with_name(pack.name + SUFFIX)
        stamp.write_bytes(authority.stamp(pack.read_bytes()))
        share(stamp)
    except TimestampError as error:
        click.echo(f"no time stamp: {error}", err=True)


@contextmanager
def _stores(settings: Settings) -> Iterator["Stores"]:
    from cli.config.enforcement import enforcement_setup, evidence_setup
    from review.stores import Stores

    stores = Stores.open(settings.store_url, enforcement=enforcement_setup(settings), evidence=evidence_setup(settings))
    try:
        yield stores
    finally:
        stores.close()


def _read_keys(path: Path) -> dict[str, str]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["keys"]
        return {str(key["key_id"]): str(key["public_key"]) for key in listed}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"--keys {path}: holds no keys: {error}; give what `zhenyan evidence keys` printed") from error
