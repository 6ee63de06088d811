"""Expressions: nodes (data), operations (what a node means), binding (types), batch evaluation and row code."""
