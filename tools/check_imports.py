"""The floors of the package, checked: core <- transforms, validators <- jobs; the core's own folders; heavy packages only at home.

    python tools/check_imports.py [root]

Prints `file:line: message` for each import that breaks a rule and exits 1; exits 0 where there is none.
The modules are parsed, never imported. The rules are the tables below.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

UPPER = ("transforms", "validators", "jobs")
MAY_IMPORT = {"core": (), "faces": UPPER, "transforms": ("transforms",), "validators": ("validators",), "jobs": UPPER}
FACES = (
    "featureprep/__init__.py",
    "featureprep/beam.py",
    "featureprep/cli/",
    "featureprep/testing/",
)  # they import upward, but only inside functions

# which folders of the core a folder of the core may import; ARCHITECTURE.md says what each is for
CORE: dict[str, tuple[str, ...]] = {
    "kernels": (),
    "hashing": ("kernels",),
    "folds": ("hashing", "kernels"),
    "expr": ("folds", "hashing", "kernels"),
    "relational": ("folds", "hashing"),
    "plan": ("expr", "relational"),
    "query": ("expr", "plan"),
    "io": ("folds", "kernels"),
    "store": (),
    "run": ("expr", "folds", "hashing", "io", "kernels", "plan", "relational", "store"),
    "engines": ("io", "relational"),
    "serving": ("expr", "io", "kernels", "plan", "run", "store"),
    "lineage": ("expr", "io", "plan", "run", "store"),
    "report": ("expr", "lineage", "plan", "run", "serving", "store"),
    "notebook": ("expr", "lineage", "plan", "report", "run", "serving", "store"),
}
SHOWING = ("notebook", "report")  # how a thing shows itself: imported by every folder, inside functions

HEAVY = frozenset(
    "adbc_driver_manager apache_beam boto3 dask deltalake distributed duckdb fastavro great_expectations kubernetes mlflow moto "
    "onnx onnxruntime pandas pandera polars pydicom pyspark s3fs scipy sklearn sqlglot tensorflow tensorflow_data_validation "
    "tensorflow_metadata tensorflow_transform torch".split()
)
# who may import a heavy package when it is imported itself: "package": folders
AT_HOME: dict[str, tuple[str, ...]] = {
    "dask": ("featureprep/engines/dask",),
    "distributed": ("featureprep/engines/dask",),
    "pyspark": ("featureprep/engines/spark", "featureprep/serving/spark.py"),
    "apache_beam": ("featureprep/engines/beam", "featureprep/serving/beam.py"),
    "sqlglot": ("featureprep/query",),
    "tensorflow_data_validation": ("validators/tfdv/program.py",),
    "tensorflow_metadata": ("validators/tfdv/program.py",),
}


class Import(NamedTuple):
    line: int
    module: str
    deferred: bool  # inside a function or under TYPE_CHECKING: not run by the module's own import


def imports(tree: ast.AST, *, deferred: bool = False) -> Iterator[Import]:
    """Every import under `tree`; `from a import b` counts as both `a` and `a.b`, for `b` may be a module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield Import(node.lineno, module, deferred)
            if not node.level:
                yield from (Import(node.lineno, f"{module}.{alias.name}", deferred) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from imports(ast.Module(body=node.body, type_ignores=[]), deferred=True)
            yield from imports(ast.Module(body=node.orelse, type_ignores=[]), deferred=deferred)
        else:
            inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from imports(node, deferred=deferred or inside)


def floor_of(path: str) -> str:
    top = path.split("/", 1)[0]
    if top in UPPER:
        return top
    return "faces" if path.startswith(FACES) else "core"


def folder_complaint(path: str, found: Import) -> str | None:
    """What is wrong with this import of one folder of the core in another, or in a module that stands beside them."""
    own, _, inside = path.removeprefix("featureprep/").partition("/")
    if floor_of(path) != "core" or own == "__main__.py":
        return None
    parts = found.module.split(".")
    other = parts[1] if parts[0] == "featureprep" and len(parts) > 1 else own
    if inside and own not in CORE:
        return f"featureprep/{own} has no line in CORE of tools/check_imports.py"
    if other == own or other not in (*CORE, "cli") or (other in SHOWING and found.deferred) or other in CORE.get(own, ()):
        return None
    return f"featureprep/{own} must not import featureprep.{other}"


def complaint(path: str, found: Import) -> str | None:
    """What is wrong with this import in the file at `path` (posix, relative to the root), or None."""
    parts, floor = found.module.split("."), floor_of(path)
    if not parts[0]:
        return f"import by the full name, not {found.module!r}"
    if parts[0] in UPPER:
        return f"import featureprep.{parts[0]}, not the bare {parts[0]}"
    if parts[0] == "featureprep" and len(parts) > 1 and parts[1] in UPPER:
        if parts[1] not in MAY_IMPORT[floor]:
            return f"{floor} must not import featureprep.{parts[1]}"
        if floor == "faces" and not found.deferred:
            return f"featureprep.{parts[1]} must be imported inside a function here"
    if text := folder_complaint(path, found):
        return text
    if parts[0] in HEAVY and not found.deferred and not path.startswith(AT_HOME.get(parts[0], ())):
        return f"{parts[0]} must be imported inside the function that needs it"
    return None


def check(root: Path) -> list[str]:
    """`file:line: message` of every import that breaks a rule, by file and line."""
    lines = []
    for folder in ("featureprep", *UPPER):
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            if path.startswith(tuple(f"featureprep/{name}/" for name in UPPER)):
                continue  # the same file, through its link
            found = {(item.line, text) for item in imports(ast.parse(file.read_bytes(), path)) if (text := complaint(path, item))}
            lines += [f"{path}:{line}: {text}" for line, text in sorted(found)]
    return lines


def main(argv: list[str]) -> int:
    root = Path(argv[0]) if argv else Path(__file__).resolve().parent.parent
    broken = check(root)
    print("\n".join(broken) or "import floors: good")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
