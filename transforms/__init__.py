"""What turns columns into features: `from featureprep import transforms as T`.

Every function takes a column name or any expression and gives an expression, so they nest. Importing this makes the operations behind them known by
name; their modules are loaded when one is first used, or when a stored graph names it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from featureprep.expr.op import announce
from featureprep.suggest import no_attribute

if TYPE_CHECKING:
    from featureprep.transforms.categorical.count_encode import count_encode
    from featureprep.transforms.categorical.cross import cross
    from featureprep.transforms.categorical.hash_bucket import hash_bucket
    from featureprep.transforms.categorical.hash_cross import hash_cross
    from featureprep.transforms.categorical.multi_hot import multi_hot
    from featureprep.transforms.categorical.one_hot import one_hot
    from featureprep.transforms.categorical.ordinal import ordinal
    from featureprep.transforms.categorical.rare_label import rare_label
    from featureprep.transforms.categorical.vocabulary import vocabulary
    from featureprep.transforms.numeric.binarize import binarize
    from featureprep.transforms.numeric.bucketize import bucketize
    from featureprep.transforms.numeric.clip_outliers import clip_outliers
    from featureprep.transforms.numeric.impute import impute
    from featureprep.transforms.numeric.log1p import log1p
    from featureprep.transforms.numeric.max_abs_scale import max_abs_scale
    from featureprep.transforms.numeric.min_max_scale import min_max_scale
    from featureprep.transforms.numeric.polynomial import polynomial
    from featureprep.transforms.numeric.quantile_transform import quantile_transform
    from featureprep.transforms.numeric.robust_scale import robust_scale
    from featureprep.transforms.numeric.standard_scale import standard_scale
    from featureprep.transforms.text.count_vector import count_vector
    from featureprep.transforms.text.hashing_tf import hashing_tf
    from featureprep.transforms.text.ngrams import ngrams
    from featureprep.transforms.text.regex_flags import regex_flags
    from featureprep.transforms.text.tf_idf import tf_idf
    from featureprep.transforms.text.tokenize import tokenize
    from featureprep.transforms.text.url_domains import url_domains
    from featureprep.transforms.time.cyclic import cyclic
    from featureprep.transforms.time.date_parts import date_parts
    from featureprep.transforms.time.elapsed import elapsed
    from featureprep.transforms.time.holidays import holidays
    from featureprep.transforms.vector.assemble import assemble
    from featureprep.transforms.vector.l2_normalize import l2_normalize

__all__ = [
    "assemble",
    "binarize",
    "bucketize",
    "clip_outliers",
    "count_encode",
    "count_vector",
    "cross",
    "cyclic",
    "date_parts",
    "elapsed",
    "hash_bucket",
    "hash_cross",
    "hashing_tf",
    "holidays",
    "impute",
    "l2_normalize",
    "log1p",
    "max_abs_scale",
    "min_max_scale",
    "multi_hot",
    "ngrams",
    "one_hot",
    "ordinal",
    "polynomial",
    "quantile_transform",
    "rare_label",
    "regex_flags",
    "robust_scale",
    "standard_scale",
    "tf_idf",
    "tokenize",
    "url_domains",
    "vocabulary",
]

_FAMILIES = {
    "categorical": (
        "count_encode",
        "cross",
        "hash_bucket",
        "hash_cross",
        "multi_hot",
        "one_hot",
        "ordinal",
        "rare_label",
        "vocabulary",
    ),
    "numeric": (
        "binarize",
        "bucketize",
        "clip_outliers",
        "impute",
        "log1p",
        "max_abs_scale",
        "min_max_scale",
        "polynomial",
        "quantile_transform",
        "robust_scale",
        "standard_scale",
    ),
    "text": ("count_vector", "hashing_tf", "ngrams", "regex_flags", "tf_idf", "tokenize", "url_domains"),
    "time": ("cyclic", "date_parts", "elapsed", "holidays"),
    "vector": ("assemble", "l2_normalize"),
}
_MODULES = {name: f"{__name__}.{family}.{name}" for family, names in _FAMILIES.items() for name in names}
# operations that are not named as the function they are behind
_FURTHER = {
    "bucketize_at": "bucketize",
    "max_abs_scale_by": "max_abs_scale",
    "min_max_scale_by": "min_max_scale",
    "missing_indicator": "impute",
    "multi_hot_given": "multi_hot",
    "one_hot_given": "one_hot",
    "ordinal_given": "ordinal",
    "robust_scale_by": "robust_scale",
    "standard_scale_by": "standard_scale",
}

# what other libraries call them
_ELSEWHERE = {
    **dict.fromkeys(("StandardScaler", "normalize", "scale_to_z_score", "standardize", "zscore"), "Did you mean standard_scale?"),
    **dict.fromkeys(("MinMaxScaler", "minmax_scale", "scale_to_0_1"), "Did you mean min_max_scale?"),
    **dict.fromkeys(("OneHotEncoder", "get_dummies", "onehot"), "Did you mean one_hot?"),
    **dict.fromkeys(("LabelEncoder", "compute_and_apply_vocabulary", "label_encode", "string_indexer"), "Did you mean vocabulary?"),
    **dict.fromkeys(("KBinsDiscretizer", "bin", "cut", "qcut"), "Did you mean bucketize?"),
    **dict.fromkeys(("SimpleImputer", "fillna", "fill_missing"), "Did you mean impute?"),
    **dict.fromkeys(("TfidfVectorizer", "tfidf"), "Did you mean tf_idf?"),
    **dict.fromkeys(("VectorAssembler", "concat", "concatenate"), "Did you mean assemble?"),
    **dict.fromkeys(("FeatureHasher", "hash", "hash_strings"), "Did you mean hash_bucket?"),
}

announce({**_MODULES, **{op: _MODULES[name] for op, name in _FURTHER.items()}})


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise no_attribute("fp.transforms", name, __all__, _ELSEWHERE)
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
