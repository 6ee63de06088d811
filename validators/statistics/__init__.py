"""Statistics of a table, exact and from one scan: which folds they need, and what is made of these."""

from featureprep.validators.statistics.layout import column_folds
from featureprep.validators.statistics.summary import finish
from featureprep.validators.statistics.text import render_text

__all__ = ["column_folds", "finish", "render_text"]
