"""No arithmetic on floats whose bits depend on length, layout, threads, processor or Python version (numerics: section 1)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("featureprep/kernels", "featureprep/expr", "transforms")
ESCAPE = "# exact:"

SUMS = {"sum", "nansum", "mean", "nanmean", "std", "nanstd", "var", "nanvar", "average", "prod", "nanprod"}
PRODUCTS = {"dot", "vdot", "inner", "matmul", "tensordot", "einsum", "einsum_path", "norm", "convolve", "correlate", "cov", "corrcoef"}
UFUNCS = {"exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "logaddexp", "logaddexp2", "power", "float_power", "cbrt", "hypot"}
UFUNCS |= {"sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sinc"}
MODULES = {"math": {"fsum", "sumprod", "hypot", "dist"}, "statistics": {"mean", "fmean", "stdev", "pstdev", "variance", "pvariance"}}


def names_of(tree: ast.Module) -> dict[str, str]:
    """What the names of a file's imports stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def path_of(node: ast.expr, names: dict[str, str]) -> str:
    """`np.linalg.norm` as `numpy.linalg.norm`; a method of a value as `.norm`."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = path_of(node.value, names)
        root = owner.split(".")[0]
        return f"{owner}.{node.attr}" if root in {"numpy", "math", "statistics", "pyarrow", "scipy"} else f".{node.attr}"
    return ""


def forbidden(node: ast.AST, names: dict[str, str]) -> str | None:
    """What is wrong with a node, if anything is."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.MatMult):
        return "@ rounds by layout and threads"
    if isinstance(node, ast.Call) and path_of(node.func, names) == "sum":
        return "builtin sum of floats differs between Python versions; add with +="
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        method = path_of(node.func, names)
        if method.startswith(".") and method[1:] in SUMS | {"dot"}:
            return f"{method}() rounds by length and layout"
    if not isinstance(node, (ast.Attribute, ast.Name)) or not isinstance(node.ctx, ast.Load):
        return None
    path = path_of(node, names)
    module, _, last = path.rpartition(".")
    if last in {"reduce", "reduceat"} and module.split(".")[0] in {"numpy", ""} and path != last and not path.startswith("functools"):
        return f"{path} rounds by length and layout"
    if module.startswith(("numpy", "scipy")) and last in SUMS | PRODUCTS | UFUNCS:
        return f"{path} is not the same on every machine"
    if module in MODULES and last in MODULES[module]:
        return f"{path} rounds differently from a sum from left to right"
    if module.startswith("pyarrow") and last in {"sum", "mean", "stddev", "variance", "product", "cumulative_sum", "cumulative_mean"}:
        return f"{path} rounds by length"
    return None


def findings(source: str) -> list[str]:
    """Line and reason of everything forbidden in a file that no `# exact: why` on its lines excuses."""
    tree, lines = ast.parse(source), source.splitlines()
    names = names_of(tree)
    found = []
    for node in ast.walk(tree):
        reason = forbidden(node, names)
        if reason is not None and isinstance(node, (ast.expr, ast.stmt)):
            own = lines[node.lineno - 1 : node.end_lineno]
            if not any(ESCAPE in line and line.split(ESCAPE, 1)[1].strip() for line in own):
                found.append(f"{node.lineno}: {reason}")
    return found


FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def test_there_are_files() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == {"featureprep", "transforms"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_reproducible_arithmetic(path: Path) -> None:
    assert findings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "x.sum(axis=1)",
        "x.sum()",
        "x.mean()",
        "np.sum(x)",
        "np.add.reduceat(x, i)",
        "np.add.reduce(x)",
        "np.einsum('ij->i', x)",
        "a @ b",
        "a @= b",
        "np.dot(a, b)",
        "a.dot(b)",
        "np.linalg.norm(x)",
        "norm(x)",
        "np.exp(x)",
        "f = np.log1p",
        "math.fsum(x)",
        "sum(x)",
        "pc.sum(x)",
        "np.power(x, 3)",
        "x.sum()  # exact:",
    ],
)
def test_the_lint_sees(line: str) -> None:
    head = "import math\nimport numpy as np\nimport pyarrow.compute as pc\nfrom numpy.linalg import norm\n"
    assert findings(head + line)


@pytest.mark.parametrize(
    "line",
    [
        "mask.sum()  # exact: counts cells",
        "np.sqrt(x)",
        "np.cumsum(lengths)",
        "math.log(x)",
        "pc.ln(x)",
        "a * b",
        "registry.sum_batch(x)",
        "moments.mean",
    ],
)
def test_the_lint_lets_pass(line: str) -> None:
    assert findings("import math\nimport numpy as np\nimport pyarrow.compute as pc\n" + line) == []
