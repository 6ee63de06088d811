"""What turns columns into features: `from featureprep import transforms as T`.

Every function takes a column name or any expression and gives an expression, so they nest. Importing this makes the operations behind them known by
name; their modules are loaded when one is first used, or when a stored graph names it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from featureprep.expr.op import announce

if TYPE_CHECKING:
    from featureprep.transforms.categorical.hash_bucket import hash_bucket
    from featureprep.transforms.categorical.one_hot import one_hot
    from featureprep.transforms.categorical.vocabulary import vocabulary
    from featureprep.transforms.numeric.bucketize import bucketize
    from featureprep.transforms.numeric.impute import impute
    from featureprep.transforms.numeric.log1p import log1p
    from featureprep.transforms.numeric.min_max_scale import min_max_scale
    from featureprep.transforms.numeric.standard_scale import standard_scale
    from featureprep.transforms.text.tf_idf import tf_idf
    from featureprep.transforms.text.tokenize import tokenize
    from featureprep.transforms.time.date_parts import date_parts
    from featureprep.transforms.vector.assemble import assemble

__all__ = [
    "assemble",
    "bucketize",
    "date_parts",
    "hash_bucket",
    "impute",
    "log1p",
    "min_max_scale",
    "one_hot",
    "standard_scale",
    "tf_idf",
    "tokenize",
    "vocabulary",
]

_FAMILIES = {
    "categorical": ("hash_bucket", "one_hot", "vocabulary"),
    "numeric": ("bucketize", "impute", "log1p", "min_max_scale", "standard_scale"),
    "text": ("tf_idf", "tokenize"),
    "time": ("date_parts",),
    "vector": ("assemble",),
}
_MODULES = {name: f"{__name__}.{family}.{name}" for family, names in _FAMILIES.items() for name in names}
# operations that are not named as the function they are behind
_FURTHER = {"bucketize_at": "bucketize", "missing_indicator": "impute", "one_hot_given": "one_hot"}

announce({**_MODULES, **{op: _MODULES[name] for op, name in _FURTHER.items()}})


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
