"""Importing this registers the checks that come with featureprep."""

from featureprep.validators.checks import domains, expressions, presence, rows, types, uniqueness  # noqa: F401
