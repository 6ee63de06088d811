"""A graph as files: `graph.json`, arrays as Parquet, golden rows, and a sealed manifest with the digest of each.

Data only: opening one reads JSON and Parquet, checks digests, and executes nothing of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from featureprep import canonical, platform
from featureprep.cures import cure
from featureprep.errors import CorruptArtefactError, FeatureprepError, StoreError
from featureprep.expr.node import from_json
from featureprep.expr.op import require_version
from featureprep.plan.physical import Rule
from featureprep.serving import golden
from featureprep.serving.constants import INLINE, array_json, read_array
from featureprep.serving.graph import PlatformWarning, TransformGraph
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.record import seal, unseal
from featureprep.store.refs import resolve
from featureprep.types import format_type, parse_type

FORMAT = 1
MANIFEST = "manifest.json"
FOLDER = "graph"
# what reading sealed nonsense can raise: a seal says that nothing changed, not that it was a graph
_UNREADABLE = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, SyntaxError, TypeError, ValueError, pa.ArrowException, re.error, struct.error
)  # fmt: skip


def to_files(graph: TransformGraph) -> dict[str, bytes]:
    """The files of a graph by relative path."""
    files: dict[str, bytes] = {}
    content = graph.definition() | {"name": graph.name, "platform": graph.platform, "fingerprint": graph.fingerprint, "udfs": graph.udfs()}
    content["constants"] = {key: _constants(value, files) for key, value in sorted(graph.constants.items())}
    content["origins"] = [rule.origin for rule in graph.rules]
    if graph.after is not None:
        content["after"] = graph.after
    files["graph.json"] = canonical.dumps(content).encode()
    files["golden.json"] = canonical.dumps(golden.make(graph)).encode()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    files[MANIFEST] = seal("graph_manifest", {"format": FORMAT, "files": digests})
    return files


def _constants(constants: Mapping[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in sorted(constants.items()):
        if not isinstance(value, pa.Array):
            out[name] = canonical.to_jsonable(value)
        elif len(value) <= INLINE:
            out[name] = array_json(value)
        else:
            sink = pa.BufferOutputStream()
            pq.write_table(pa.table({"value": value}), sink, compression="zstd")
            data = sink.getvalue().to_pybytes()
            path = f"constants/{hashlib.sha256(data).hexdigest()[:32]}.parquet"
            files[path] = data
            out[name] = {"$file": path, "type": format_type(value.type)}
    return out


def from_files(files: Mapping[str, bytes], where: str, *, verify: bool = True) -> TransformGraph:
    """The graph of some files.

    Raises
    ------
    CorruptArtefactError
        When a file is missing, altered, of a newer format, or (verify) the golden rows come out differently.
    """
    manifest = unseal("graph_manifest", _file(files, MANIFEST, where), FORMAT, f"{where}/{MANIFEST}")
    listed = manifest.get("files")
    if not isinstance(listed, dict) or not {"graph.json", "golden.json"} <= listed.keys():
        raise CorruptArtefactError("the manifest does not list the files of a graph", where=f"{where}/{MANIFEST}")
    sealed = {name: _file(files, name, where) for name in listed}
    for name, data in sealed.items():
        if hashlib.sha256(data).hexdigest() != listed[name]:
            raise CorruptArtefactError("this file was altered: its digest does not match the manifest", where=f"{where}/{name}",
                                       hint="restore it from a backup, or fit the graph again")  # fmt: skip
    try:
        graph = _read(canonical.loads(sealed["graph.json"]), sealed)
        if verify and not graph.udfs():
            golden.check(graph, canonical.loads(sealed["golden.json"]), where)
    except FeatureprepError as error:
        raise error.at(where) from None
    except _UNREADABLE as error:
        raise CorruptArtefactError(f"this graph cannot be read: {error!r}", where=where) from error
    return graph


def _file(files: Mapping[str, bytes], name: str, where: str) -> bytes:
    if name not in files:
        raise CorruptArtefactError(f"the graph has no file {name}", where=where)
    return files[name]


def _read(content: Mapping[str, Any], files: Mapping[str, bytes]) -> TransformGraph:
    named, used = from_json(content["expressions"])
    for op, version in used:
        require_version(op, version)
    origins = content["origins"]
    rules = [Rule(kind, name, named[f"rule {i}"], "", origins[i], lenient) for i, (kind, name, lenient) in enumerate(content["rules"])]
    entry = pa.schema([pa.field(name, parse_type(dtype)) for name, dtype in content["entry"]])
    constants = {key: _read_constants(value, files) for key, value in content["constants"].items()}
    nodes = {name: named[f"column {name}"] for name, _ in content["columns"]}
    roles, after = dict(content["columns"]), content.get("after")
    if not isinstance(after, str | None):
        raise CorruptArtefactError("the graph's step before the entry table is no text")
    graph = TransformGraph(content["name"], entry, nodes, roles, rules, constants, content["malformed"], content["platform"], after)
    if graph.fingerprint != content["fingerprint"]:
        raise CorruptArtefactError("the graph's fingerprint is not the one stored")
    return graph


def _read_constants(stored: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in stored.items():
        if isinstance(value, dict) and "$array" in value:
            out[name] = read_array(value["$array"])
        elif isinstance(value, dict) and "$file" in value:
            out[name] = _parquet(files[value["$file"]], parse_type(value["type"]))
        else:
            out[name] = canonical.from_jsonable(value)
    return out


def _parquet(data: bytes, dtype: pa.DataType) -> pa.Array:
    try:
        column = pq.read_table(pa.BufferReader(data)).column("value").combine_chunks()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise CorruptArtefactError(f"a constant's file cannot be read: {error}") from error
    array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    return array if array.type == dtype else array.cast(dtype)


def open_graph(
    store: str | os.PathLike[str], ref: str | None = None, *, verify: bool = True, allow_udfs: Sequence[str] = (), **storage_options: Any
) -> TransformGraph:
    """Open a stored graph.

    Parameters
    ----------
    store : str or path
        A store's address; or, without `ref`, the folder of a graph (or of a run that has one).
    ref : str, optional
        "census@latest", "census@3", or a tag: "census@prod".
    verify : bool
        Also compute the golden rows, and compare by bits.
    allow_udfs : list of str
        Modules of user functions that may be imported. Nothing is imported otherwise.

    Raises
    ------
    StoreError
        When there is none.
    CorruptArtefactError
        When a file was altered, or the graph is of a newer release.
    """
    from featureprep.expr.udf import allow

    allow(allow_udfs)
    where, files = _folder(os.fspath(store)) if ref is None else _version(os.fspath(store), ref, storage_options)
    graph = from_files(files, where, verify=verify)
    here = platform.record()
    differs = {key: (graph.platform.get(key), here[key]) for key in here if graph.platform.get(key) != here[key]}
    if differs:
        shown = ", ".join(f"{key} {then!r} then, {now!r} now" for key, (then, now) in sorted(differs.items()))
        warnings.warn(f"the graph {where} was fitted on another platform ({shown}): last bits may differ", PlatformWarning, stacklevel=2)
    return graph


def _folder(path: str) -> tuple[str, dict[str, bytes]]:
    folder = Path(path)
    try:
        if (folder / FOLDER / MANIFEST).is_file():
            folder = folder / FOLDER
        if not (folder / MANIFEST).is_file():
            raise StoreError(
                "there is no graph here", where=str(folder), hint='a version of a store is opened by open_graph(store, "name@latest")'
            )
        files = {str(p.relative_to(folder).as_posix()): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"the graph cannot be read: {error.strerror or error}", where=str(folder), hint=cure(error)) from error
    return str(folder), files


def _version(url: str, ref: str, options: Mapping[str, Any]) -> tuple[str, dict[str, bytes]]:
    store = ObjectStore.open(url, **options)
    entry = resolve(store, ref)
    folder = paths.run_data(entry.name, entry.run_id)
    found: dict[str, bytes] = {}
    for record in entry.files:
        if record.path.startswith(f"{FOLDER}/"):
            data = store.read(f"{folder}/{record.path}")
            if hashlib.sha256(data).hexdigest() != record.sha256:
                raise CorruptArtefactError("this file is not the one that was committed", where=store.locate(f"{folder}/{record.path}"),
                                           hint="restore it from a backup, or fit the graph again")  # fmt: skip
            found[record.path.removeprefix(f"{FOLDER}/")] = data
    if not found:
        raise StoreError(f"version {entry.n} of {entry.name} has no graph", where=url)
    return store.locate(f"{folder}/{FOLDER}"), found
