"""Hypothesis strategies: tables of every plain type with awkward values, and jobs over them that are correctly typed."""

# ruff: noqa: PLW0108  (the lambdas draw: what they call must not be evaluated before one of them is picked)

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pyarrow as pa
from hypothesis import strategies as st

import featureprep as fp
from featureprep import Expr, coalesce, col, lit, when
from featureprep import transforms as T

ENTRY = pa.schema(
    [
        ("id", pa.int64()),
        ("f", pa.float64()),
        ("g", pa.float32()),
        ("i", pa.int64()),
        ("b", pa.int8()),
        ("s", pa.string()),
        ("n", pa.string()),
        ("t", pa.bool_()),
        ("d", pa.date32()),
        ("m", pa.timestamp("us")),
        ("l", pa.list_(pa.int64())),
    ]
)
LOOK_UP = pa.table({"key": ["a", "é", "", "B", "1"], "price": [1.5, None, -0.0, float("nan"), 1e300], "kind": ["x", "y", None, "x", "z"]})

X = TypeVar("X")
_TEXTS = st.sampled_from(["", "a", "A", "B", "é", "É", "ß", "日本", " a ", "b b", "1", "a1", "İ", "\U0001d518", "tail ", "x,y"]) | st.text(
    max_size=4
)
_NUMBER_TEXTS = st.sampled_from(
    ["1", "-2", "+3", "4.5", "1e3", " 7", "7 ", "nan", "inf", "-Infinity", "0x10", "1_0", "", "x", "٣", "1e400", "-0.0", "9" * 25]
)
_FLOATS = (
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1, 2.5, 3.5, 1e-300, 1e300, -1e17, float("nan"), float("inf"), float("-inf"), 5e-324])
    | st.floats()
)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "f": _FLOATS,
    "g": st.sampled_from([0.0, -0.0, 0.1, 1.5, float("nan"), float("inf"), 3e38, 1e-45]).map(lambda v: pa.scalar(v, pa.float32()).as_py()),
    "i": st.sampled_from([0, 1, -1, 7, 2**53 + 1, 2**62, -(2**63), 2**63 - 1]) | st.integers(-20, 20),
    "b": st.integers(-128, 127),
    "s": _TEXTS,
    "n": _NUMBER_TEXTS,
    "t": st.booleans(),
    "d": st.dates(dt.date(1890, 1, 1), dt.date(2200, 1, 1))
    | st.sampled_from([dt.date(1970, 1, 1), dt.date(2024, 2, 29), dt.date(1, 1, 1)]),
    "m": st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2250, 1, 1)) | st.just(dt.datetime(1969, 12, 31, 23, 59, 59, 999999)),
    "l": st.lists(st.none() | st.integers(-5, 5) | st.just(2**62), max_size=4),
}


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 14) -> pa.Table:
    """Rows with an `id` of their own."""
    n = draw(st.integers(0, max_rows))
    rows = [
        {"id": i, **{name: draw((st.none() | values) if draw(st.booleans()) else values) for name, values in _VALUES.items()}}
        for i in range(n)
    ]
    return pa.Table.from_pylist(rows, ENTRY)


@dataclass
class Jobs:
    """Draws the parts of a job.

    Attributes
    ----------
    learns : bool
        Whether transforms that learn may be drawn now.
    """

    draw: st.DrawFn
    learns: bool = False
    numbers: list[str] = field(default_factory=lambda: ["f", "g", "i", "b"])
    texts: list[str] = field(default_factory=lambda: ["s", "n"])

    def pick(self, options: Sequence[X]) -> X:
        return self.draw(st.sampled_from(options))

    def policy(self) -> str | None:
        return self.pick([None, None, "null", "quarantine"])

    def missing(self) -> Any:
        return self.pick(["keep", "keep", "quarantine", 0.5])

    def number(self, depth: int = 2) -> Expr:
        """A number: an int or a float."""
        plain: list[Callable[[], Expr]] = [lambda: col(self.pick(self.numbers)), lambda: lit(self.pick([0, 1, -3, 0.5, 2.5, 1e10]))]
        if depth == 0:
            return self.pick(plain)()
        sub = depth - 1
        more: list[Callable[[], Expr]] = [
            lambda: self.number(sub) + self.number(sub),
            lambda: self.number(sub) - self.number(sub),
            lambda: self.number(sub) * self.number(sub),
            lambda: self.number(sub) / self.number(sub),
            lambda: -self.number(sub),
            lambda: self.number(sub).abs(),
            lambda: self.number(sub).log1p(malformed=self.policy()),
            lambda: self.number(sub).log(malformed=self.policy()),
            lambda: self.number(sub).sqrt(malformed=self.policy()),
            lambda: self.number(sub).exp(),
            lambda: self.number(sub).clip(-1.5, self.pick([2, None, 7.25])),
            lambda: self.number(sub).round(self.pick([0, 1, 2])),
            lambda: self.number(sub).floor(),
            lambda: coalesce(self.number(sub), self.number(sub)),
            lambda: when(self.condition(sub)).then(self.number(sub)).otherwise(self.number(sub)),
            lambda: self.text(sub).cast(self.pick(["float64", "int64", "int8", "float32"]), malformed=self.policy()),
            lambda: self.number(sub).cast(self.pick(["float64", "int64", "float32", "int16"]), malformed=self.policy()),
            lambda: self.text(sub).str.len(),
            lambda: self.text(sub).map_values({"a": 1, "b b": 2, "é": 3}, default=self.pick([None, 0])),
            lambda: col("l").list.len(),
            lambda: self.pick([col("l").list.sum(), col("l").list.max(), col("l").list.min(), col("l").list.mean(), col("l").list.get(0)]),
            lambda: self.pick([col("d").dt.year(), col("d").dt.weekday(), col("m").dt.hour(), col("m").dt.month(), col("m").dt.second()]),
            lambda: self.pick([col("m").dt.to_epoch(), col("d").dt.to_epoch(), col("m").dt.diff(dt.datetime(2000, 1, 1))]),
            lambda: self.condition(sub).cast("int8"),
            lambda: T.hash_bucket(self.pick([self.text, self.number])(sub), 7, seed=3),
            lambda: T.log1p(self.number(sub), missing=self.missing(), malformed=self.policy()),
            lambda: T.impute(self.number(sub), "constant", value=1),
            lambda: T.bucketize(self.number(sub), edges=[-1.0, 0.0, 2.5]),
        ]
        if self.learns:
            more += [
                lambda: T.standard_scale(self.number(sub), missing=self.missing()),
                lambda: T.min_max_scale(self.number(sub), missing=self.missing()),
                lambda: T.impute(self.number(sub), self.pick(["median", "mean", "most_frequent", "indicator"])),
                lambda: T.bucketize(
                    self.number(sub), 3, method=self.pick(["quantile", "uniform"]), missing=self.pick(["keep", "quarantine"])
                ),
                lambda: T.vocabulary(
                    self.pick([self.text, self.number, self.condition])(sub), top_k=self.pick([None, 2]), unknown=self.unknown()
                ),
                lambda: T.vocabulary(self.text(sub), min_count=2, oov_buckets=2),
            ]
        return self.pick(plain + more * 2)()

    def unknown(self) -> Any:
        return self.pick([-1, "null", "quarantine"])

    def text(self, depth: int = 2) -> Expr:
        """A text."""
        plain: list[Callable[[], Expr]] = [lambda: col(self.pick(self.texts))]
        if depth == 0:
            return self.pick(plain)()
        sub = depth - 1
        more: list[Callable[[], Expr]] = [
            lambda: self.text(sub).str.lower(),
            lambda: self.text(sub).str.upper(),
            lambda: self.text(sub).str.strip(),
            lambda: self.text(sub).str.replace("a", "é"),
            lambda: self.text(sub).str.slice(self.pick([0, 1, -2]), self.pick([None, 2])),
            lambda: self.text(sub).str.extract(r"([a-z]+)"),
            lambda: self.number(sub).cast("string"),
            lambda: coalesce(self.text(sub), self.text(sub), "none"),
            lambda: when(self.condition(sub)).then(self.text(sub)).otherwise("other"),
        ]
        return self.pick(plain + more)()

    def condition(self, depth: int = 2) -> Expr:
        """True, false or null."""
        sub = max(depth - 1, 0)
        options: list[Callable[[], Expr]] = [
            lambda: col("t"),
            lambda: self.number(sub) > self.number(sub),
            lambda: self.number(sub) <= self.pick([0, 0.5, 3]),
            lambda: self.number(sub) == self.number(sub),
            lambda: self.text(sub) >= "b",
            lambda: self.text(sub).str.contains("a"),
            lambda: self.text(sub).is_in(["a", "é", "1"]),
            lambda: self.number(sub).is_null(),
            lambda: col("d") > dt.date(2000, 1, 1),
            lambda: col("m") < dt.datetime(2000, 1, 1),
            lambda: col("l").list.contains(1),
        ]
        if depth > 0:
            options += [
                lambda: self.condition(sub) & self.condition(sub),
                lambda: self.condition(sub) | self.condition(sub),
                lambda: ~self.condition(sub),
            ]
        return self.pick(options)()

    def feature(self) -> Expr:
        """Anything that can be written."""
        options: list[Callable[[], Expr]] = [
            self.number, self.number, self.number, self.text, self.condition,
            lambda: col("d"), lambda: col("m").dt.truncate("hour"), lambda: col("l"),
            lambda: T.one_hot(self.text(1), top_k=self.pick([None, 2]), sparse=self.pick([True, False]), unknown=self.pick(["zeros", "null", "quarantine"])),
            lambda: T.assemble(one=self.number(1), two=self.number(1), three=col("b")),
            lambda: T.tf_idf(T.tokenize(self.text(1))),
            lambda: T.date_parts(self.pick(["d", "m"]), ["year", "iso_week", "weekday"], missing="keep"),
            lambda: T.impute(self.text(1), "most_frequent"),
            lambda: T.l2_normalize(T.count_vector(T.ngrams(self.text(1)), top_k=self.pick([None, 3]), unknown=self.pick(["zeros", "null", "quarantine"]))),
            lambda: T.hashing_tf(T.ngrams(T.tokenize(self.text(1)), (1, 3)), buckets=7),
            lambda: T.assemble(T.regex_flags(self.text(1), {"a": "a", "é": "(?i)É$"}), turn=T.cyclic(self.pick(["d", "m"]), part="month")),
            lambda: T.cyclic(self.number(1), period=7),
            lambda: T.elapsed("m", since=self.pick([col("d"), col("m")]), unit="week"),
            lambda: T.elapsed("m", since=dt.date(2000, 1, 1), unit="week"),
            lambda: T.holidays(self.pick(["d", "m"]), [dt.date(1970, 1, 1), dt.date(2024, 2, 29)], what=self.pick(["is", "days_to", "days_since"])),
            lambda: T.l2_normalize("l"),
        ]  # fmt: skip
        return self.pick(options)()

    def table(self, table: fp.Table, side: fp.Table) -> tuple[fp.Table, bool]:
        """Verbs that leave the rows what they are, and whether one chose among them by comparing rows."""
        chooses = False
        for _ in range(self.draw(st.integers(0, 3))):
            verb = self.pick(["filter", "filter", "with_columns", "quarantine", "dedup", "embed", "fill", "drop_nulls", "sample", "semi"])
            if verb == "filter":
                table = table.filter(self.condition() | col("id").is_in(list(range(0, 14, 3))), name=self.pick([None, "a name"]))
            elif verb == "with_columns":
                name = self.pick(["f", "i", "s", "new"])
                table = table.with_columns({name: self.text(1) if name == "s" else self.number(1)})
                self.numbers = [*self.numbers, "new"] if name == "new" and "new" not in self.numbers else self.numbers
            elif verb == "quarantine":
                table = table.quarantine(when=self.condition(1) & (col("id") % 4 == 1), reason="set aside")
            elif verb == "dedup":
                table, chooses = table.drop_duplicates(self.pick([["s", "t"], ["b"], None])), True
            elif verb == "embed" and "price" not in self.numbers:
                table = table.join(side, left_on="s", right_on="key", how=self.pick(["left", "left", "inner"]), serve="embed")
                self.numbers, self.texts = [*self.numbers, "price"], [*self.texts, "kind"]
            elif verb == "fill":
                table = table.fill_nulls(f=0.25, s="filled")
            elif verb == "drop_nulls":
                table = table.drop_nulls(self.pick(["f", "s", "d"]))
            elif verb == "sample":
                table = table.sample(0.8, by=self.pick([None, "id"]))
            elif verb == "semi":
                table, chooses = table.join(side, left_on="s", right_on="key", how=self.pick(["semi", "anti"])), True
        return table, chooses


@dataclass(frozen=True)
class RandomJob:
    """A drawn job, its rows, and whether rows may leave it by comparison with others."""

    job: fp.Job
    table: pa.Table
    chooses: bool


@st.composite
def random_jobs(draw: st.DrawFn) -> RandomJob:
    """A job over a drawn table."""
    table = draw(tables())
    chooses = False

    def case(main: fp.Table, side: fp.Table) -> fp.Table:
        nonlocal chooses
        jobs = Jobs(draw)
        made, chooses = jobs.table(main, side)
        jobs.learns = True
        features: dict[str, Any] = {f"x{i}": jobs.feature() for i in range(draw(st.integers(1, 4)))}
        if draw(st.booleans()):
            features["y"] = fp.label(jobs.condition())
        if draw(st.booleans()):
            features["w"] = fp.weight(jobs.number(1))
        return made.features(keep=["id"], dtype=jobs.pick(["float64", "float64", "float32"]), **features)

    split = draw(st.sampled_from([None, None, fp.split(train=0.7, eval=0.3, by="id"), fp.split(train=0.5, eval=0.5)]))
    malformed = draw(st.sampled_from(["null", "quarantine", "quarantine", "error"]))
    sources = {"main": fp.from_arrow(table), "side": fp.from_arrow(LOOK_UP)}
    return RandomJob(fp.job(sources=sources, split=split, malformed=malformed)(case), table, chooses)
