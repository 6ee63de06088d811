"""Small lowered plans to trace."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from featureprep import transforms as T
from featureprep.expr.expression import col, when
from featureprep.lineage.columns import ColumnLineage, column_lineage
from featureprep.plan import steps
from featureprep.plan.aggregation import agg
from featureprep.plan.lower import lower
from featureprep.plan.physical import Physical
from featureprep.plan.table import Table
from featureprep.run.levels import FitPlan, plan_fit

SCHEMAS = {
    "people": pa.schema([("age", pa.int64()), ("income", pa.float64()), ("region", pa.string()), ("name", pa.string())]),
    "regions": pa.schema([("region", pa.string()), ("rate", pa.float64()), ("land", pa.string())]),
}

Way = tuple[str, str, str, str]
"""source, column, kind, subtype"""


@dataclass(frozen=True)
class Planned:
    physical: Physical
    fit: FitPlan
    lineage: ColumnLineage

    def ways(self, column: str) -> set[Way]:
        return {(f.source, f.column, f.kind, f.subtype) for f in self.lineage[column]}

    def rows(self) -> set[Way]:
        return {(f.source, f.column, f.kind, f.subtype) for f in self.lineage.dataset}


def read(source: str) -> Table:
    return Table(steps.Scan((), None, source))


def planned(table: Table) -> Planned:
    physical = lower(table.step, SCHEMAS)
    fit = plan_fit(list(physical.nodes.values()), physical.final.schema, "error")
    return Planned(physical, fit, column_lineage(physical, fit))


def census() -> Table:
    """One of everything."""
    people, regions = read("people"), read("regions")
    grouped = people.group_by("region").agg(mean_age=agg.mean("age"))
    table = people.drop_duplicates("name", order_by="income").filter(col("age") >= 17, name="of age")
    table = table.join(grouped, on="region", how="left").join(regions, on="region", how="left", serve="embed")
    return table.features(
        age=T.standard_scale(T.impute("age", "median")),
        older=col("age") - col("mean_age"),
        rate=col("rate"),
        rich=when(col("income") > 5).then(1).otherwise(0),
        land=T.vocabulary("land"),
        keep=["name"],
    )
