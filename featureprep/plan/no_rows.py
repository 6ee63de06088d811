"""What a table inside a job is not: rows. Each use of it as a pandas frame says which verb does that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from featureprep.errors import RequestError
from featureprep.site import site
from featureprep.suggest import no_attribute

_ELSEWHERE = {
    **dict.fromkeys(("agg", "aggregate"), "write group_by(...).agg(n=fp.agg.count())"),
    **dict.fromkeys(("apply", "map", "pipe", "transform"), "a function decorated with fp.udf goes into features(...), with_columns(...) or map_batches(...)"),
    **dict.fromkeys(("assign", "mutate", "withColumn", "with_column"), "write with_columns(name=expression)"),
    **dict.fromkeys(("collect", "head", "limit", "show", "tail", "to_arrow", "to_pandas"), "a job reads no rows while it is defined; job.preview() shows some"),
    **dict.fromkeys(("concat", "unionAll", "unionByName", "append", "vstack"), "write union(other); one source reads many files: fp.read_csv([...])"),
    **dict.fromkeys(("columns", "dtypes", "schema", "shape"), "a job reads no rows while it is defined; job.explain() shows columns and types"),
    **dict.fromkeys(("distinct", "dropDuplicates", "unique"), "write drop_duplicates(...)"),
    **dict.fromkeys(("dropna", "drop_na", "drop_missing"), 'write drop_nulls("column")'),
    **dict.fromkeys(("fillna", "fill_null"), "write fill_nulls(column=value)"),
    **dict.fromkeys(("groupBy", "groupby"), 'write group_by("key")'),
    **dict.fromkeys(("asof_join", "merge_asof"), 'write join_asof(other, on="time", by="key")'),
    **dict.fromkeys(("diff", "lag", "lead"), 'write shift(before="delay", by="key", order_by="time")'),
    **dict.fromkeys(("merge", "join_left"), 'write join(other, on="key", how="left")'),
    **dict.fromkeys(("orderBy", "order_by", "sort", "sort_values"), "rows have no order; drop_duplicates(..., order_by=) says which one stays"),
    **dict.fromkeys(("query", "where"), 'write filter(col("age") > 17)'),
}  # fmt: skip


class NoRows:
    """Base of tables in a job: traps for what only rows have."""

    __slots__ = ()
    spoken: ClassVar[str]

    if not TYPE_CHECKING:  # type checkers shall know the verbs there are

        def __getattr__(self, name: str) -> Any:
            raise no_attribute(self.spoken, name, (word for word in dir(type(self)) if word not in ("spoken", "step")), _ELSEWHERE)

    def __getitem__(self, key: Any) -> Any:
        raise RequestError(
            f"{self.spoken} has no items",
            where=site(),
            hint=f"columns are named by col({key!r}) where they are used; select(...) keeps some",
        )

    def __iter__(self) -> Any:
        raise RequestError(
            f"{self.spoken} has no rows before the job runs", where=site(), hint="say what becomes of one row: features(...)"
        )

    def __len__(self) -> int:
        raise RequestError(f"{self.spoken} has no length before the job runs", where=site(), hint="group_by(...).agg(n=fp.agg.count())")

    def __bool__(self) -> bool:
        return True
