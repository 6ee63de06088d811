"""All that is known of one feature, and its message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from featureprep.errors import TypeMismatchError
from featureprep.validators.tfmd.generators.common import Whole, common_statistics, length_histograms
from featureprep.validators.tfmd.generators.exact import Floats
from featureprep.validators.tfmd.generators.levels import LevelTotals
from featureprep.validators.tfmd.generators.numeric import Numbers
from featureprep.validators.tfmd.generators.options import Options
from featureprep.validators.tfmd.generators.paths import Seen
from featureprep.validators.tfmd.generators.text import Texts
from featureprep.validators.tfmd.paths import Path

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics

_NUMERIC: Final = ("INT", "FLOAT")


@dataclass
class Feature:
    """What is known of a feature.

    Attributes
    ----------
    kinds : dict of kind to depths
        The types seen, each with the numbers of levels seen; more than one of either is an error, told at the end so that it does
        not depend on what came first.
    flat : LevelTotals
        Innermost values by outermost list, of lists in lists.
    untyped : int
        The largest number of levels seen where the type was null, that of the nulls included.
    """

    path: Path
    kinds: dict[str, set[int]] = field(default_factory=dict)
    untyped: int = 0
    levels: list[LevelTotals] = field(default_factory=list)
    flat: LevelTotals = field(default_factory=LevelTotals)
    numbers: Numbers = field(default_factory=Numbers)
    texts: Texts = field(default_factory=Texts)

    def add(self, seen: Seen, weights: Floats | None, options: Options) -> None:
        """One batch, with the weights of its rows."""
        if seen.kind is None:
            self.untyped = max(self.untyped, len(seen.levels) + 1)
        else:
            self.kinds.setdefault(seen.kind, set()).add(len(seen.levels))
        while len(self.levels) < len(seen.levels):
            self.levels.append(LevelTotals())
        for totals, level in zip(self.levels, seen.levels, strict=False):
            totals.add(level, weights)
        if seen.flat is not None:
            self.flat.add(seen.flat, weights)
        if seen.kind is None or seen.kind == "STRUCT":
            return
        mine = None if weights is None else weights[seen.owners]
        if seen.kind == "STRING" or options.categorical.get(self.path) == seen.kind:
            self.texts.add(seen.values, mine, count=self.path not in options.bytes_features)
        else:
            self.numbers.add(seen.values, mine)

    @property
    def kind(self) -> str | None:
        """The one type that was seen, or None.

        Raises
        ------
        TypeMismatchError
            Where there were several, or lists nested differently.
        """
        where = f"feature {'.'.join(self.path)}"
        if len(self.kinds) > 1:
            raise TypeMismatchError(f"the batches hold values of types {' and '.join(sorted(self.kinds))}", where=where)
        depths = {depth for found in self.kinds.values() for depth in found}
        if len(depths) > 1 or (depths and self.untyped > max(depths) + 1):
            told = sorted(depths | ({self.untyped - 1} if self.untyped else set()))
            raise TypeMismatchError(f"the batches hold lists nested {' and '.join(map(str, told))} deep", where=where)
        return next(iter(self.kinds), None)

    def whole(self) -> list[LevelTotals]:
        """The levels, with one for the nulls where no type was seen."""
        more = self.untyped - len(self.levels) if self.kind is None else 0
        return [*self.levels, *(LevelTotals() for _ in range(more))]

    def message(self, parent: Feature | None, rows: Whole, options: Options) -> FeatureNameStatistics:
        """Its statistics; `rows` are all rows, `parent` is the struct it lies in."""
        from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics

        kind, levels = self.kind, self.whole()
        as_bytes = self.path in options.bytes_features and kind in ("STRING", None)
        made = FeatureNameStatistics(type="BYTES" if as_bytes else kind or "STRING")
        made.path.step.extend(self.path)
        weighted = options.weight_of(self.path) is not None
        above = Whole.of(parent.whole()[-1]) if parent is not None else rows
        common = common_statistics(levels, self.flat, above, options.num_values_histogram_buckets, weighted=weighted)
        if as_bytes:
            made.bytes_stats.CopyFrom(self.texts.bytes_statistics())
            made.bytes_stats.common_stats.CopyFrom(common)
        elif kind == "STRUCT":
            made.struct_stats.common_stats.CopyFrom(common)
        elif kind in _NUMERIC and options.categorical.get(self.path) != kind:
            made.num_stats.CopyFrom(self.numbers.statistics(options, weighted=weighted))
            made.num_stats.common_stats.CopyFrom(common)
        else:
            made.string_stats.CopyFrom(self.texts.string_statistics(options, by_weight=weighted))
            made.string_stats.common_stats.CopyFrom(common)
        if kind is not None:
            made.custom_stats.extend(length_histograms(levels, options.num_values_histogram_buckets))
        return made
