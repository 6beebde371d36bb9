"""Folders that commands write into: those that somebody named, and the data folder, which is its owner's alone."""

import os
import stat
from pathlib import Path

import click

from cli.shell.file_modes import share
from cli.shell.records import make_folder

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What a data folder has: one with other things in it, and without the first, is not closed to others unasked.
_DATABASE = "zhenyan.db"
_OURS = frozenset({"recordings", "clips", "keys", "logs", "models", "handed-in", "batches", "audit-heads"})
_SETTING = "setting data_dir"


def make_shared_folder(option: str, folder: Path) -> None:
    """Makes the folder that somebody named where it is missing; InputError if it can't be made or written to."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    make_folder(option, folder)
    # In the outermost of them there is nothing but the others.
    share(*missing[-1:])


def make_data_folder(folder: Path) -> None:
    """The data folder, closed to others; InputError if it can't be made or written to.

    One of ours is closed, and said to have been open if anything but models was in it; of any other folder, which may
    be open on purpose or hold what is not ours, a line on standard error says how to close it.
    """
    make_folder(_SETTING, folder)
    status = folder.stat()
    mode = stat.S_IMODE(status.st_mode)
    if not mode & _OTHERS:
        return
    names = {path.name for path in folder.iterdir()}
    where = f"{_SETTING}: folder {folder}"
    if status.st_uid == os.geteuid() and (_DATABASE in names or names <= _OURS):
        folder.chmod(mode & ~_OTHERS)
        if names - {"models"}:
            click.echo(f"zhenyan: {where} was open to others ({mode:04o}) and is closed to them now", err=True)
    else:
        click.echo(f"zhenyan: {where} is open to others ({mode:04o}); close it: chmod -R go= {folder}", err=True)
