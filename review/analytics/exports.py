"""Tables of statistics as files: CSV for spreadsheets, Parquet for programs."""

import csv
import io

from review.analytics.figures import guarded_cell
from review.analytics.statistics import Statistics
from review.errors import ExportUnavailable


def statistics_csv(table: Statistics) -> bytes:
    """The table as CSV in UTF-8; it begins with the mark by which spreadsheets know that."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.columns)
    writer.writerows([guarded_cell(value) for value in row] for row in table.rows)
    return ("\ufeff" + out.getvalue()).encode()


def statistics_parquet(table: Statistics) -> bytes:
    """The table as a Parquet file, its columns typed; ExportUnavailable where the extra is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise ExportUnavailable("parquet") from error
    columns = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.columns]
    arrays = [pyarrow.array(list(values), _type(pyarrow, values)) for values in columns]
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(table.columns)), out)
    return out.getvalue()


def _type(pyarrow: object, values: tuple[object, ...]) -> object:
    kinds = {type(value) for value in values}
    name = "int64" if kinds == {int} else "float64" if kinds and kinds <= {int, float} else "string"
    return getattr(pyarrow, name)()
