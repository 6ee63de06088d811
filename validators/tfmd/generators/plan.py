"""The options of a call read into what is to be computed."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from featureprep.errors import ArgumentError
from featureprep.validators.tfmd.generators import schema as schemas
from featureprep.validators.tfmd.generators.apart import sparse_features, weighted_features
from featureprep.validators.tfmd.generators.crosses import Crosses, Pair
from featureprep.validators.tfmd.generators.dataset import Dataset, Derived, Part
from featureprep.validators.tfmd.generators.derived import Times, empties
from featureprep.validators.tfmd.generators.lift import Lift, LiftOptions
from featureprep.validators.tfmd.generators.options import Options
from featureprep.validators.tfmd.generators.slices import Slicer
from featureprep.validators.tfmd.paths import Path

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.schema_pb2 import Schema

_OWNER: Final = "statistics"
_LIFT: Final = frozenset(field.name for field in fields(LiftOptions))
_READ: Final = frozenset({"bytes_features", "categorical"})
"""Options that are read off the schema."""
_COMMON: Final = frozenset(field.name for field in fields(Options)) - _READ
_TIMES: Final = frozenset(field.name for field in fields(Times))
_OTHER: Final = frozenset(
    {"schema", "slice_by", "slice_functions", "feature_crosses", "enable_semantic_domain_stats", "count_empty_values"}
)
_KNOWN: Final = sorted(_COMMON | _LIFT | _TIMES | _OTHER)


@dataclass(frozen=True)
class Plan:
    """What is to be computed, of which slices."""

    options: Options
    schema: Schema
    crosses: Crosses | None
    lift: LiftOptions | None
    derived: Sequence[Derived]
    slice_by: Sequence[Sequence[str]]
    slice_functions: Sequence[Slicer]

    def dataset(self) -> Dataset:
        """A data set of which nothing is known yet."""
        parts: list[Part] = [*weighted_features(self.schema), *sparse_features(self.schema)]
        if self.crosses is not None:
            parts.append(Crosses(self.crosses.asked))
        if self.lift is not None:
            parts.append(Lift(self.lift, self.options, weighted=False))
            if self.options.weight_columns:
                parts.append(Lift(self.lift, self.options, weighted=True))
        return Dataset(self.options, parts, self.derived)

    @property
    def named(self) -> set[str]:
        """Columns that the data must have, since options name them."""
        columns = {column for columns in self.slice_by for column in columns}
        if self.crosses is not None:
            columns.update(column for pair in self.crosses.asked or () for column in pair)
        if self.lift is not None:
            columns.add(self.lift.y_path[0])
        return columns


def read(given: Mapping[str, Any]) -> Plan:
    """The plan of options given by name.

    Raises
    ------
    ArgumentError
        For an unknown name, or a value that an option cannot have.
    ContractError
        For a schema that is none.
    """
    for name in given:
        if name not in _KNOWN:
            near = difflib.get_close_matches(name, _KNOWN, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_KNOWN)}"
            raise ArgumentError(f"{_OWNER} has no option {name!r}", hint=hint)
    schema = schemas.parsed(given.get("schema"))
    own = {name: given[name] for name in _COMMON & given.keys()}
    if "per_feature_weight_override" in own:
        own["per_feature_weight_override"] = _overrides(own["per_feature_weight_override"])
    options = Options(**own, bytes_features=schemas.bytes_features(schema), categorical=schemas.categorical(schema))
    return Plan(
        options,
        schema,
        _crosses(given.get("feature_crosses")),
        _lift(given, schema),
        _derived(given),
        [_path("slice_by", one) for one in _many("slice_by", given.get("slice_by", ()))],
        _functions(given.get("slice_functions", ())),
    )


def _path(name: str, value: Any) -> Path:
    """A path, or the columns of a slice: one name or several."""
    steps = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else ()
    if not steps or not all(isinstance(step, str) for step in steps):
        raise ArgumentError.of(name, _OWNER, "a name or a list of names", value)
    return steps


def _many(name: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise ArgumentError.of(name, _OWNER, "a list", value)
    return list(value)


def _functions(value: Any) -> list[Slicer]:
    functions = _many("slice_functions", value)
    if not all(map(callable, functions)):
        raise ArgumentError.of("slice_functions", _OWNER, "a list of functions", value)
    return functions


def _overrides(value: Any) -> dict[Path, str]:
    if not isinstance(value, Mapping):
        raise ArgumentError.of("per_feature_weight_override", _OWNER, "a mapping of paths to columns", value)
    return {_path("per_feature_weight_override", path): column for path, column in value.items()}


def _crosses(asked: Any) -> Crosses | None:
    if asked is None or asked is False:
        return None
    if asked is True:
        return Crosses(None)
    pairs: set[Pair] = set()
    for pair in _many("feature_crosses", asked):
        path = _path("feature_crosses", pair)
        if len(path) != 2:
            raise ArgumentError.of("feature_crosses", _OWNER, "True, or a list of pairs of columns", pair)
        pairs.add((path[0], path[1]))
    return Crosses(sorted(pairs))


def _lift(given: Mapping[str, Any], schema: Schema) -> LiftOptions | None:
    if "y_path" not in given:
        _refuse_idle(_LIFT, given, "y_path")
        return None
    asked = {name: given[name] for name in _LIFT & given.keys()}
    asked["y_path"] = _path("y_path", asked["y_path"])
    named = asked.get("x_paths")
    paths = schemas.categories(schema) if named is None else [_path("x_paths", one) for one in _many("x_paths", named)]
    asked["x_paths"] = sorted({path for path in paths if path != asked["y_path"]})
    edges = asked.get("y_boundaries")
    if edges is not None:
        numbers = [float(edge) for edge in _many("y_boundaries", edges) if _is_finite(edge)]
        if len(numbers) < len(edges) or numbers != sorted(set(numbers)):
            raise ArgumentError.of("y_boundaries", _OWNER, "a list of finite numbers in ascending order", edges)
        asked["y_boundaries"] = numbers
    return LiftOptions(**asked)


def _refuse_idle(names: frozenset[str], given: Mapping[str, Any], needed: str) -> None:
    """Refuse options that say nothing without another one."""
    idle = sorted(names & given.keys())
    if idle:
        raise ArgumentError(f"{_OWNER} was given {', '.join(idle)} without {needed}", hint=f"give {needed}, or leave them out")


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _derived(given: Mapping[str, Any]) -> list[Derived]:
    derived: list[Derived] = []
    if given.get("enable_semantic_domain_stats", False):
        derived.append(Times(**{name: given[name] for name in _TIMES & given.keys()}))
    else:
        _refuse_idle(_TIMES, given, "enable_semantic_domain_stats")
    if given.get("count_empty_values", False):
        derived.append(empties)
    return derived
