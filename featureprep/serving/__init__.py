"""Serving: open a graph, and turn one row or a table into features. Loads no pandas, no duckdb, no engine."""

from featureprep.serving.artefact import open_graph
from featureprep.serving.graph import PlatformWarning, TransformGraph

__all__ = ["PlatformWarning", "TransformGraph", "open_graph"]
