"""The functions by which a user names sources. Nothing is read here (tables in memory are converted): arguments are checked."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from featureprep.errors import ArgumentError, FeatureprepError, short
from featureprep.io.base import Source
from featureprep.io.streams import COMPRESSIONS
from featureprep.site import placed, site
from featureprep.types import logical, parse_type

Paths: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
SchemaLike: TypeAlias = pa.Schema | Mapping[str, str | pa.DataType]


@placed
def read_csv(
    path: Paths,
    *,
    names: Sequence[str] | None = None,
    header: bool | None = None,
    separator: str = ",",
    quote: str | None = '"',
    null_values: Sequence[str] = ("",),
    encoding: str = "utf-8",
    compression: str | None = "infer",
    skip_blank_lines: bool = True,
    schema: SchemaLike | None = None,
    on_error: str = "fail",
    hive_partitioning: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> Source:
    """Rows of CSV files. The grammar stands in `featureprep.io.csv_split`.

    Parameters
    ----------
    path : str or path-like, or a list of them
        Paths, globs or fsspec URLs; relative ones are relative to the job file. A folder means all files below it.
    names : list of str, optional
        Column names. With `header=True` they replace those of the header.
    header : bool, optional
        Whether the first record names the columns. Default: True, but False where `names` is given. A file with neither
        takes the names of `schema` in order, else column_1, column_2 and so on.
    separator : str
        One or more characters, such as ", ".
    quote : str or None
        One ASCII character; None where nothing is quoted.
    null_values : list of str
        Spellings of null; they match whole unquoted cells only.
    encoding : str
        Any text codec of Python. Bytes that it cannot decode make their record unparsable.
    compression : {"infer", "gzip", "bz2", "xz", "zstd", None}
        "infer" goes by the suffix. A compressed file is read in one piece.
    skip_blank_lines : bool
        Whether empty lines are no records. If not, an empty line is a record of one empty cell.
    schema : pa.Schema or mapping of name to type (text or pa.DataType), optional
        The columns to read and their types. Columns of the file that are not in it are not read.
    on_error : {"fail", "quarantine", "drop"}
        What happens to records that cannot be parsed.
    hive_partitioning : bool
        Whether folder names such as day=3 make columns.
    storage_options : mapping, optional
        Handed to fsspec. Stored with the job: leave secrets to the environment.

    Raises
    ------
    ArgumentError
        When an argument is outside these limits.

    Examples
    --------
    >>> source = fp.read_csv("trips/*.csv", names=["id", "fare"], null_values=["", "NA"], schema={"id": "string", "fare": "float64"})
    """
    owner = "read_csv"
    listed = _texts("names", owner, names) if names is not None else None
    if listed is not None and (not listed or len(set(listed)) < len(listed)):
        raise ArgumentError.of("names", owner, "a list of different, non-empty names", names)
    if header not in (None, True, False):
        raise ArgumentError.of("header", owner, "True, False or None", header)
    if quote is not None and not (isinstance(quote, str) and len(quote) == 1 and quote.isascii() and quote not in "\r\n"):
        raise ArgumentError.of("quote", owner, "one ASCII character or None", quote)
    if not isinstance(separator, str) or not separator or set(separator) & {"\r", "\n", quote} or len(separator) > 16:
        raise ArgumentError.of("separator", owner, "1 to 16 characters without line ends and quotes", separator)
    options = {
        "separator": separator,
        "quote": quote,
        "null_values": _texts("null_values", owner, null_values),
        "names": listed,
        "header": (names is None) if header is None else header,
        "skip_blank_lines": _flag("skip_blank_lines", owner, skip_blank_lines),
        "encoding": _encoding(owner, encoding),
        "compression": _compression(owner, compression),
    }
    return _source("csv", path, options, schema, on_error, hive_partitioning, storage_options)


@placed
def read_json(
    path: Paths,
    *,
    format: str = "auto",
    encoding: str = "utf-8",
    compression: str | None = "infer",
    schema: SchemaLike | None = None,
    on_error: str = "fail",
    hive_partitioning: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> Source:
    """Rows of JSON files: one object a line, or one array of objects.

    Parameters
    ----------
    path, encoding, compression, schema, on_error, hive_partitioning, storage_options
        As for `read_csv`.
    format : {"auto", "lines", "array"}
        "auto" takes a file whose first character is `[` for an array. An array is read in one piece.

    Notes
    -----
    A missing key is null; keys outside the schema are ignored; of a key given twice the last one counts. A column of type string
    takes numbers and booleans by their spelling. NaN and Infinity are taken as Python writes them.

    Raises
    ------
    ArgumentError
        When an argument is outside these limits.

    Examples
    --------
    >>> source = fp.read_json("events.jsonl.gz", schema={"user": "int64", "tags": "list<string>"}, on_error="quarantine")
    """
    owner = "read_json"
    if format not in ("auto", "lines", "array"):
        raise ArgumentError.of("format", owner, "'auto', 'lines' or 'array'", format)
    if schema is not None and any(pa.types.is_binary(field.type) for field in _schema(owner, schema) or ()):
        raise ArgumentError.of("schema", owner, "without binary columns: JSON has only text", schema)
    options = {"format": format, "encoding": _encoding(owner, encoding), "compression": _compression(owner, compression)}
    return _source("json", path, options, schema, on_error, hive_partitioning, storage_options)


@placed
def read_parquet(
    path: Paths,
    *,
    columns: Sequence[str] | None = None,
    schema: SchemaLike | None = None,
    on_error: str = "fail",
    hive_partitioning: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> Source:
    """Rows of Parquet files.

    Parameters
    ----------
    path, schema, on_error, hive_partitioning, storage_options
        As for `read_csv`. A damaged file fails whatever `on_error` says: it has no records that could be set apart.
    columns : list of str, optional
        Only these columns; the others may be of types that are not supported.

    Raises
    ------
    ArgumentError
        When an argument is outside these limits.

    Examples
    --------
    >>> source = fp.read_parquet("s3://bucket/trips", columns=["fare", "day"], hive_partitioning=True)
    """
    return _source("parquet", path, {"columns": columns}, schema, on_error, hive_partitioning, storage_options)


@placed
def read_arrow(
    path: Paths,
    *,
    columns: Sequence[str] | None = None,
    schema: SchemaLike | None = None,
    on_error: str = "fail",
    hive_partitioning: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> Source:
    """Rows of Arrow IPC files, IPC streams and Feather V2 files; parameters as for `read_parquet`.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.

    Examples
    --------
    >>> source = fp.read_arrow("trips.feather")
    """
    return _source("arrow", path, {"columns": columns}, schema, on_error, hive_partitioning, storage_options)


@placed
def from_arrow(table: pa.Table | pa.RecordBatch) -> Source:
    """Rows of an Arrow table in memory.

    Raises
    ------
    ArgumentError
        When it is no table, or has a column name twice.
    TypeMismatchError
        For a column of an unsupported type.

    Examples
    --------
    >>> source = fp.from_arrow(pa.table({"fare": [7.5, None]}))
    """
    from featureprep.io.conform import logical_schema

    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if not isinstance(table, pa.Table):
        raise ArgumentError.of("table", "from_arrow", "a pyarrow Table or RecordBatch", type(table).__name__)
    if len(set(table.schema.names)) < len(table.schema.names):
        raise ArgumentError.of("table", "from_arrow", "a table whose column names differ", list(table.schema.names))
    logical_schema(table.schema, "from_arrow")
    return Source("memory", table=table)


@placed
def from_pandas(df: Any) -> Source:
    """Rows of a pandas DataFrame.

    NaN in a NumPy float column is null (in an Arrow-backed one it is NaN), as are None, NaT and pd.NA. The index is left out,
    but for levels that have a name: they become the first columns.

    Raises
    ------
    ArgumentError
        When it is no DataFrame, or its column names are not different strings.
    TypeMismatchError
        For a column whose values have no one type.

    Examples
    --------
    >>> source = fp.from_pandas(pd.DataFrame({"fare": [7.5, None]}))
    """
    from featureprep.io.frames import pandas_table

    return from_arrow(pandas_table(df, encode=True))


@placed
def from_polars(df: Any) -> Source:
    """Rows of a Polars DataFrame (collect a LazyFrame first); NaN stays NaN.

    Raises
    ------
    ArgumentError
        When it is no DataFrame.
    TypeMismatchError
        For a column of an unsupported type.

    Examples
    --------
    >>> source = fp.from_polars(pl.DataFrame({"fare": [7.5, None]}))
    """
    from featureprep.io.frames import polars_table

    return from_arrow(polars_table(df))


def _source(
    kind: str,
    path: Paths,
    options: dict[str, Any],
    schema: SchemaLike | None,
    on_error: str,
    hive_partitioning: bool,
    storage_options: Mapping[str, Any] | None,
) -> Source:
    """What the arguments that all readers take make of the options of one."""
    owner = f"read_{kind}"
    if options.get("columns") is not None:
        options["columns"] = _texts("columns", owner, options["columns"])
    given = [path] if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(given, Sequence) or not given or not all(isinstance(p, (str, os.PathLike)) and os.fspath(p) for p in given):
        raise ArgumentError.of("path", owner, "a path, or a non-empty list of paths", path)
    paths = tuple(str(os.fspath(p)) for p in given)
    if any("\0" in p for p in paths):
        raise ArgumentError.of("path", owner, "without NUL characters", path)
    if on_error not in ("fail", "quarantine", "drop"):
        raise ArgumentError.of("on_error", owner, "'fail', 'quarantine' or 'drop'", on_error)
    options["hive_partitioning"] = _flag("hive_partitioning", owner, hive_partitioning)
    if storage_options is not None:
        if not isinstance(storage_options, Mapping):
            raise ArgumentError.of("storage_options", owner, "a mapping", storage_options)
        options["storage_options"] = dict(storage_options)
    return Source(kind, paths, options, _schema(owner, schema), on_error)


def _schema(owner: str, schema: SchemaLike | None) -> pa.Schema | None:
    if schema is None:
        return None
    if isinstance(schema, pa.Schema):
        entries = [(field.name, field.type) for field in schema]
    elif isinstance(schema, Mapping):
        entries = list(schema.items())
    else:
        raise ArgumentError.of("schema", owner, "a pyarrow schema or a mapping of names to types", schema)
    if not entries or len({name for name, _ in entries}) < len(entries):
        raise ArgumentError.of("schema", owner, "one or more columns with different names", schema)
    fields = []
    for name, dtype in entries:
        if not isinstance(name, str) or not name or not isinstance(dtype, (str, pa.DataType)):
            raise ArgumentError.of("schema", owner, "a mapping of non-empty names to types", schema)
        try:
            fields.append(pa.field(name, parse_type(dtype) if isinstance(dtype, str) else logical(dtype)))
        except FeatureprepError as error:
            at = site()
            raise error.at(f"{f'{at}: ' if at else ''}{owner}(schema=), column {short(name)}") from None
    return pa.schema(fields)


def _texts(param: str, owner: str, value: Any) -> list[str]:
    if isinstance(value, str) or not isinstance(value, (Sequence, set, frozenset)) or not all(isinstance(v, str) for v in value):
        raise ArgumentError.of(param, owner, "a list of strings", value)
    if param != "null_values" and not all(value):
        raise ArgumentError.of(param, owner, "a list of non-empty strings", value)
    return sorted(value) if isinstance(value, (set, frozenset)) else list(value)


def _flag(param: str, owner: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ArgumentError.of(param, owner, "True or False", value)
    return value


def _encoding(owner: str, encoding: Any) -> str:
    try:
        found = codecs.lookup(encoding)
    except (LookupError, TypeError, ValueError) as error:
        raise ArgumentError.of("encoding", owner, "a text encoding that Python knows", encoding) from error
    if not getattr(found, "_is_text_encoding", True):
        raise ArgumentError.of("encoding", owner, "a text encoding", encoding)
    return found.name


def _compression(owner: str, compression: Any) -> str | None:
    if compression is not None and compression != "infer" and compression not in COMPRESSIONS:
        raise ArgumentError.of("compression", owner, "'infer', None or one of " + ", ".join(COMPRESSIONS), compression)
    return compression  # type: ignore[no-any-return]
