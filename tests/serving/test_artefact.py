"""A graph as files: what is stored opens to the same graph, what was altered does not open, and nothing stored is ever executed."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import canonical
from featureprep.errors import CorruptArtefactError, FeatureprepError, StoreError
from featureprep.jobs.result import Run
from featureprep.serving import PlatformWarning, artefact
from featureprep.store.record import seal
from tests.jobs.cases import make_job, memory_store
from tests.serving.graphs import ROWS


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with digests that fit them: as somebody would make them who has only this program."""
    rest = {name: data for name, data in files.items() if name != artefact.MANIFEST}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in rest.items()}
    return {**rest, artefact.MANIFEST: seal("graph_manifest", {"format": artefact.FORMAT, "files": digests})}


def test_round_trip(fitted: tuple[Path, Run], graph: fp.TransformGraph, graph_folder: Path) -> None:
    stored = fitted[1].graph
    assert graph.fingerprint == stored.fingerprint
    assert artefact.to_files(graph) == artefact.to_files(stored) == files_of(graph_folder)
    assert graph.schema.equals(stored.schema, check_metadata=True)
    for row in ROWS:
        assert canonical.dumps(graph(row)) == canonical.dumps(stored(row))


def test_every_way_to_name_a_graph(fitted: tuple[Path, Run], graph: fp.TransformGraph, graph_folder: Path) -> None:
    store, run = fitted
    for opened in (
        fp.open_graph(str(store), "everything@latest"),
        fp.open_graph(store, "everything@1"),
        fp.open_graph(str(graph_folder)),
        fp.open_graph(graph_folder.parent),
        fp.open_graph(str(graph_folder), verify=False),
    ):
        assert opened.fingerprint == graph.fingerprint == run.graph.fingerprint


@pytest.mark.parametrize("ref", ["everything@2", "nothing@1", "everything@prod", "../x@1", ""])
def test_a_graph_that_is_not_there(ref: str, fitted: tuple[Path, Run]) -> None:
    with pytest.raises(FeatureprepError):
        fp.open_graph(str(fitted[0]), ref)


def test_a_folder_without_a_graph(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no graph"):
        fp.open_graph(str(tmp_path))


def test_every_altered_byte_is_found(graph_folder: Path) -> None:
    """All bytes of the manifest, and a sample of every other file; in one bit or in all."""
    files = files_of(graph_folder)
    rng = random.Random(3)
    for name, data in files.items():
        places = (
            range(len(data)) if name == artefact.MANIFEST else sorted({0, len(data) - 1, *(rng.randrange(len(data)) for _ in range(40))})
        )
        for at in places:
            for mask in (1 << rng.randrange(8), 255):
                broken = {**files, name: data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]}
                with pytest.raises(CorruptArtefactError):
                    artefact.from_files(broken, "here", verify=False)


def test_an_altered_file_of_a_version_is_found_even_with_a_new_seal(fitted: tuple[Path, Run], graph_folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(fitted[0], store)
    folder = store / graph_folder.relative_to(fitted[0])
    other = make_job(lambda main: main.features(x="x"), fp.from_arrow(pa.table({"x": [1.0]}))).run(store=memory_store()).graph
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    for name, data in artefact.to_files(other).items():
        (folder / name).write_bytes(data)
    assert fp.open_graph(str(folder)).fingerprint == other.fingerprint  # a graph like any other
    with pytest.raises(FeatureprepError):
        fp.open_graph(str(store), "everything@1")


def test_truncated_missing_and_added_files(graph_folder: Path) -> None:
    files = files_of(graph_folder)
    for name, data in files.items():
        for cut in (0, 1, len(data) // 2, len(data) - 2):  # a last newline says nothing
            with pytest.raises(CorruptArtefactError):
                artefact.from_files({**files, name: data[:cut]}, "here")
        with pytest.raises(CorruptArtefactError):
            artefact.from_files({n: d for n, d in files.items() if n != name}, "here")
    assert artefact.from_files({**files, "other.json": b"{"}, "here").fingerprint


def test_a_file_that_the_manifest_does_not_name_is_not_read(graph_folder: Path) -> None:
    files = files_of(graph_folder)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name not in ("graph.json", artefact.MANIFEST)}
    sealed = seal("graph_manifest", {"format": artefact.FORMAT, "files": digests})
    with pytest.raises(CorruptArtefactError, match="manifest"):
        artefact.from_files({**files, artefact.MANIFEST: sealed}, "here")


def test_a_newer_format_is_refused_by_name(graph_folder: Path) -> None:
    files = files_of(graph_folder)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != artefact.MANIFEST}
    sealed = seal("graph_manifest", {"format": artefact.FORMAT + 1, "files": digests})
    with pytest.raises(CorruptArtefactError, match=f"format {artefact.FORMAT + 1}.*up to {artefact.FORMAT}"):
        artefact.from_files({**files, artefact.MANIFEST: sealed}, "here")


def test_a_later_version_of_an_operation_is_refused_by_name(graph_folder: Path) -> None:
    files = files_of(graph_folder)
    content = json.loads(files["graph.json"])
    node = next(n for n in content["expressions"]["nodes"] if n["op"] == "standard_scale")
    node["version"] += 1
    with pytest.raises(CorruptArtefactError, match="standard_scale"):
        artefact.from_files(resealed({**files, "graph.json": json.dumps(content).encode()}), "here")


def test_golden_rows_are_computed_again(graph_folder: Path) -> None:
    files = files_of(graph_folder)
    golden = json.loads(files["golden.json"])
    assert len(golden) > 30
    golden[0]["result"]["features"]["log"] = 0.25
    broken = resealed({**files, "golden.json": json.dumps(golden).encode()})
    with pytest.raises(CorruptArtefactError, match="golden row 0"):
        artefact.from_files(broken, "here")
    assert artefact.from_files(broken, "here", verify=False).fingerprint


def test_golden_rows_are_mostly_rows_that_the_graph_takes() -> None:
    """Where text must be numbers, all rows would be rejected, and nothing be checked, if golden text were any text."""

    def case(main: fp.Table) -> fp.Table:
        return main.features(n=fp.col("n").cast("int64") + 1, m=fp.col("m").cast("float64"), d=fp.col("d").cast("date"))

    job = make_job(case, fp.from_arrow(pa.table({"n": ["1"], "m": ["2.5"], "d": ["2024-01-01"]})))
    golden = json.loads(artefact.to_files(job.run(store=memory_store()).graph)["golden.json"])
    assert "features" in golden[0]["result"]
    assert sum("features" in case["result"] for case in golden) >= 5


def test_a_constant_that_differs_is_another_graph(graph_folder: Path) -> None:
    files = files_of(graph_folder)
    content = json.loads(files["graph.json"])
    key, constants = next((k, c) for k, c in content["constants"].items() if isinstance(c.get("mean"), float))
    content["constants"][key] = {**constants, "mean": 1e9}
    with pytest.raises(CorruptArtefactError, match="fingerprint"):
        artefact.from_files(resealed({**files, "graph.json": json.dumps(content).encode()}), "here", verify=False)


def test_golden_rows_hold_no_data(graph_folder: Path) -> None:
    text = files_of(graph_folder)["golden.json"].decode()
    assert "some Words" not in text
    assert not any(f'"{city}"' in text.split('"result"')[0] for city in ("Oslo", "Bergen", "Tromsø"))


def test_another_platform_is_said(fitted: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep import platform

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fp.open_graph(str(fitted[0]), "everything@1")
    here = {**platform.record(), "numpy": "1.0"}
    monkeypatch.setattr(platform, "record", lambda: here)
    with pytest.warns(PlatformWarning, match=r"numpy.*1\.0"):
        fp.open_graph(str(fitted[0]), "everything@1")


# Long constants lie in files of their own.


def test_a_long_vocabulary_has_a_file(tmp_path: Path) -> None:
    from featureprep import transforms as T

    table = pa.table({"w": [f"w{i % 700}" for i in range(1500)], "x": [float(i) for i in range(1500)]})

    def body(main: fp.Table) -> fp.Table:
        return main.features(w=T.vocabulary("w"), hot=T.one_hot("w", sparse=True), x=T.bucketize("x", 400))

    run = make_job(body, fp.from_arrow(table)).run(store=str(tmp_path / "store"))
    folder = tmp_path / f"store/case/data/{run.run_id}/graph"
    assert len(list((folder / "constants").iterdir())) == 1  # both are of the same words
    opened = fp.open_graph(str(folder))
    assert [opened({"w": w, "x": 3.0}) for w in ("w5", "w699", "none")] == [run.graph({"w": w, "x": 3.0}) for w in ("w5", "w699", "none")]
    test_every_altered_byte_is_found(folder)
    test_truncated_missing_and_added_files(folder)


# Opening executes nothing.

OPEN = """
import json, pickle, sys

def refuse(*args, **more):
    raise SystemExit("something was unpickled")

pickle.loads = pickle.load = pickle.Unpickler = refuse

class Absent:  # as where pandas is not installed; pyarrow loads it where it is
    def find_spec(self, name, *rest):
        if name == "pandas":
            raise ImportError(name)

sys.meta_path.insert(0, Absent())
from featureprep.serving import open_graph
graph = open_graph(sys.argv[1], verify=True)
try:
    print(json.dumps(graph({"x": 2.0, "age": 30})["x" if "x" in graph.nodes else "given"]))
except Exception as error:
    print(type(error).__name__)
print(json.dumps([m for m in ("user_module", "duckdb", "featureprep.engines", "featureprep.jobs") if m in sys.modules]))
"""


def opened_elsewhere(folder: Path, path: Path | None = None) -> tuple[str, list[str]]:
    env = {"PYTHONPATH": str(path or ""), "PATH": "/usr/bin:/bin", "TZ": "UTC"}
    command = [sys.executable, "-W", "error", "-c", OPEN, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    said, modules = done.stdout.strip().split("\n")
    return said, json.loads(modules)


def test_opening_a_graph_with_a_user_function_imports_nothing(tmp_path: Path) -> None:
    source = "import featureprep as fp\nprint('imported')\n@fp.udf(inputs={'x': 'float64'}, output='float64', mode='row')\ndef twice(x):\n    return x * 2\n"
    (tmp_path / "user_module.py").write_text(source, encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        import user_module  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(tmp_path))
    job = make_job(lambda main: main.features(x=user_module.twice("x")), fp.from_arrow(pa.table({"x": [1.0, 2.0]})))
    graph = job.run(store=str(tmp_path / "store")).graph
    assert graph({"x": 2.0}) == {"x": 4.0}
    assert graph.udfs() == ["user_module.twice"]
    folder = next((tmp_path / "store").rglob("manifest.json")).parent
    assert opened_elsewhere(folder, tmp_path) == ("UdfError", [])


def test_serving_needs_no_engine_and_no_pandas_and_unpickles_nothing(graph_folder: Path) -> None:
    assert opened_elsewhere(graph_folder) == ("2", [])


def test_importing_serving_is_light() -> None:
    source = "import sys, featureprep.serving; print([m for m in ('pandas', 'duckdb', 'featureprep.engines', 'featureprep.jobs') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]"


# Sealed nonsense: made by somebody who knows the format.

_JUNK = st.none() | st.booleans() | st.integers(-3, 10) | st.just(10**30) | st.floats() | st.text(max_size=3) | st.sampled_from(
    [[], {}, [[]], {"$float": "nan"}, {"$date": 10**12}, {"$array": {"type": "int64", "values": ["x"]}}, {"$file": "../graph.json", "type": "int64"},
     {"$decimal": "1e999999999"}, "fixed_size_list<int8>[2000000000]", "list<" * 40, "col", "udf", "lit", "embedded", "__import__('os').abort()", "\ud800"]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            found += places(item, (*path, i))
    return found


def altered(content: Any, path: tuple[Any, ...], change: Any) -> Any:
    if not path:
        return change(content)
    out = copy.copy(content)
    made = altered(content[path[0]], path[1:], change)
    if made is _GONE:
        del out[path[0]]
    else:
        out[path[0]] = made
    return out


_GONE = object()


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sealed_nonsense_gives_a_clear_error_or_a_graph(data: st.DataObject, graph_folder: Path) -> None:
    files = files_of(graph_folder)
    name = data.draw(st.sampled_from(["graph.json", "graph.json", "graph.json", "golden.json"]))
    content = json.loads(files[name])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(content)))
        how = data.draw(st.sampled_from(["replace", "delete", "double"]))
        junk = data.draw(_JUNK)
        if how == "replace" or not path:
            content = altered(content, path, lambda _: junk)  # noqa: B023
        elif how == "delete":
            content = altered(content, path, lambda _: _GONE)
        else:
            content = altered(content, path, lambda old: old * 2 if isinstance(old, (list, str)) else [old])
    text = json.dumps(content).encode("utf-8", "surrogatepass")
    if name == "graph.json" and isinstance(content, dict):  # let it come past the fingerprint
        try:
            artefact.from_files(resealed({**files, name: text}), "here", verify=False)
        except CorruptArtefactError:
            pass
        except FeatureprepError as error:
            assert str(error)
    try:
        artefact.from_files(resealed({**files, name: text}), "here")
    except FeatureprepError as error:
        assert error.where or error.what


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"kind":"graph_manifest"}', b'{"kind":1,"format":"x"}']
)
def test_manifests_that_are_none(manifest: bytes, graph_folder: Path) -> None:
    with pytest.raises(CorruptArtefactError):
        artefact.from_files({**files_of(graph_folder), artefact.MANIFEST: manifest}, "here")


@pytest.mark.parametrize("listed", [None, [], "x", {"graph.json": 1}, {"graph.json": "0", "golden.json": None}])
def test_manifests_that_list_nonsense(listed: Any, graph_folder: Path) -> None:
    sealed = seal("graph_manifest", {"format": 1, "files": listed})
    with pytest.raises(CorruptArtefactError):
        artefact.from_files({**files_of(graph_folder), artefact.MANIFEST: sealed}, "here")
