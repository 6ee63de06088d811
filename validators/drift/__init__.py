"""Drift: how far a column is from its baseline, from what statistics keep of both, and whether chance explains it."""

from featureprep.validators.drift.category import CategoryShape, category_shape
from featureprep.validators.drift.compare import ALPHA, MEASURES, NUMERIC_MEASURES, compare
from featureprep.validators.drift.moved import Moved
from featureprep.validators.drift.numeric import NumericShape, numeric_shape
from featureprep.validators.drift.result import Drift, Verdict
from featureprep.validators.drift.shapes import Shape, shape_from_json

__all__ = [
    "ALPHA",
    "MEASURES",
    "NUMERIC_MEASURES",
    "CategoryShape",
    "Drift",
    "Moved",
    "NumericShape",
    "Shape",
    "Verdict",
    "category_shape",
    "compare",
    "numeric_shape",
    "shape_from_json",
]
