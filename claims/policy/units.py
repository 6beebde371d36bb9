"""Reads `units.yaml` into what converts quantities; a unit that can't be converted is named with its line."""

from pathlib import Path

from claims.policy.files import error_at, read_policy_file
from claims.policy.unit_table import UnitsFile, UnitTable
from claims.text.units import UnitConverter


def read_units(path: Path) -> UnitConverter:
    """The converter of the file's units; PolicyError where definitions or a unit are wrong."""
    file = read_policy_file(path, UnitsFile)
    try:
        converter = UnitConverter(UnitTable(file))
    except ValueError as error:
        raise error_at(path, ("definitions",), str(error)) from error
    for unit in converter.table.units:
        problem = converter.problem(unit)
        if problem is not None:
            place = ("dimensions", converter.table.dimension(unit), "units", unit)
            raise error_at(path, place, f"unit {unit!r}: {problem}")
    return converter
