"""Importing this registers the checks that come with featureprep."""

from featureprep.validators.checks import (  # noqa: F401
    custom,
    domain_mass,
    domains,
    drift,
    expressions,
    freshness,
    keys,
    monotonic,
    presence,
    references,
    rows,
    types,
    uniqueness,
)
