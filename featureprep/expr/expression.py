"""`col`, `lit`, `when` and what can be said of a column: thin words over nodes; nothing is computed or checked against data here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from featureprep.errors import ArgumentError, FeatureprepError
from featureprep.expr.given import type_name, value_list, zone_table
from featureprep.expr.literal import literal
from featureprep.expr.node import Node, describe
from featureprep.expr.op import find
from featureprep.expr.params import NAME, check
from featureprep.expr.traps import Spoken, Traps, check_power, foreign_word, from_numpy
from featureprep.site import site

__all__ = ["Expr", "ListWords", "StructWords", "TextWords", "Then", "TimeWords", "When", "apply", "call", "coalesce", "col", "lit", "site",
           "to_column", "to_node", "when"]  # fmt: skip


class Expr(Traps):
    """A row-wise expression over the columns of a table. Made by `col`, `lit`, `when`, a transform, or operators on these.

    Comparison and arithmetic are written as operators; `&`, `|`, `~` are and, or, not with three-valued (Kleene) logic.
    Null in gives null out unless a method says otherwise.
    """

    __slots__ = ("node",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node) -> None:
        find(node.op).check(node)
        self.node = node

    def __repr__(self) -> str:
        return describe(self.node)

    if not TYPE_CHECKING:  # type checkers shall know the words there are

        def __getattr__(self, name: str) -> Any:
            inner = {words.spoken: dir(words) for words in (TextWords, TimeWords, ListWords, StructWords)}
            raise foreign_word("an expression", name, dir(type(self)), inner)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Expr:
        return call(*from_numpy(ufunc, method, inputs))

    # Arithmetic. Integer + - * are checked: overflow is malformed. / is true division in float64.

    def __add__(self, other: Any) -> Expr:
        return call("add", self, other)

    def __radd__(self, other: Any) -> Expr:
        return call("add", other, self)

    def __sub__(self, other: Any) -> Expr:
        return call("sub", self, other)

    def __rsub__(self, other: Any) -> Expr:
        return call("sub", other, self)

    def __mul__(self, other: Any) -> Expr:
        return call("mul", self, other)

    def __rmul__(self, other: Any) -> Expr:
        return call("mul", other, self)

    def __truediv__(self, other: Any) -> Expr:
        return call("div", self, other)

    def __rtruediv__(self, other: Any) -> Expr:
        return call("div", other, self)

    def __floordiv__(self, other: Any) -> Expr:
        return call("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Expr:
        return call("floordiv", other, self)

    def __mod__(self, other: Any) -> Expr:
        return call("mod", self, other)

    def __rmod__(self, other: Any) -> Expr:
        return call("mod", other, self)

    def __pow__(self, power: int) -> Expr:
        check_power(self, power)
        return call("power", self, power=power)

    def __neg__(self) -> Expr:
        return call("neg", self)

    def __abs__(self) -> Expr:
        return self.abs()

    def __round__(self, digits: int = 0) -> Expr:
        return self.round(digits)

    # Comparison: an integer against a float compares exactly; NaN equals nothing; text by UTF-8 bytes.

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return call("eq", self, other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        return call("ne", self, other)

    def __lt__(self, other: Any) -> Expr:
        return call("lt", self, other)

    def __le__(self, other: Any) -> Expr:
        return call("le", self, other)

    def __gt__(self, other: Any) -> Expr:
        return call("gt", self, other)

    def __ge__(self, other: Any) -> Expr:
        return call("ge", self, other)

    def __and__(self, other: Any) -> Expr:
        return call("and", self, other)

    def __rand__(self, other: Any) -> Expr:
        return call("and", other, self)

    def __or__(self, other: Any) -> Expr:
        return call("or", self, other)

    def __ror__(self, other: Any) -> Expr:
        return call("or", other, self)

    def __invert__(self) -> Expr:
        return call("not", self)

    # Words.

    def cast(self, to: Any, *, malformed: str | None = None) -> Expr:
        """The value as another type (a name such as "int8", or an Arrow type). A value that does not fit is malformed."""
        return call("cast", self, to=type_name(to, site()), malformed=malformed)

    def is_null(self) -> Expr:
        """Whether it is null; never null. NaN is not null."""
        return call("is_null", self)

    def is_not_null(self) -> Expr:
        """Whether it is not null; never null."""
        return ~self.is_null()

    def is_nan(self) -> Expr:
        """Whether a float is NaN; null for null."""
        return call("is_nan", self)

    def abs(self) -> Expr:
        """Absolute value; int64's minimum is malformed."""
        return call("abs", self)

    def log(self, *, malformed: str | None = None) -> Expr:
        """Natural logarithm; 0 gives -inf, a negative number is malformed."""
        return call("log", self, malformed=malformed)

    def log1p(self, *, malformed: str | None = None) -> Expr:
        """log(1 + x); -1 gives -inf, less is malformed."""
        return call("log1p", self, malformed=malformed)

    def exp(self) -> Expr:
        """e to the power of x; inf where that overflows."""
        return call("exp", self)

    def sqrt(self, *, malformed: str | None = None) -> Expr:
        """Square root; of a negative number malformed."""
        return call("sqrt", self, malformed=malformed)

    def round(self, digits: int = 0) -> Expr:
        """Rounded to `digits` decimals (SPEC.md, rounding)."""
        return call("round", self, digits=digits)

    def floor(self) -> Expr:
        """The largest integral float that is not above it."""
        return call("floor", self)

    def ceil(self) -> Expr:
        """The smallest integral float that is not below it."""
        return call("ceil", self)

    def clip(self, low: float | None = None, high: float | None = None) -> Expr:
        """Values below `low` become `low`, above `high` become `high`; NaN stays."""
        return call("clip", self, low=low, high=high)

    def is_in(self, values: Iterable[Any]) -> Expr:
        """Whether it is one of `values`; null for null."""
        return call("is_in", self, values=value_list(values, site()))

    def between(self, low: Any, high: Any) -> Expr:
        """Whether low <= x <= high."""
        return call("and", self >= low, self <= high)

    def map_values(self, mapping: Mapping[Any, Any], *, default: Any = None, keep_unmapped: bool = False) -> Expr:
        """Each value replaced by what it maps to; others become `default`, or stay as they are. Null stays null."""
        if not isinstance(mapping, Mapping):
            raise ArgumentError.of("mapping", "map_values", "a dict", mapping, where=site())
        keys, values = [*mapping.keys()], [*mapping.values()]
        return call("map_values", self, keys=keys, values=values, default=default, keep_unmapped=keep_unmapped)

    def fill_null(self, value: Any) -> Expr:
        """Null replaced by a value or another expression. NaN stays."""
        return call("coalesce", self, value)

    # Last: from here on `str` and `list` are these words inside the class.

    @property
    def str(self) -> TextWords:
        """Words for text."""
        return TextWords(self)

    @property
    def dt(self) -> TimeWords:
        """Words for dates and timestamps."""
        return TimeWords(self)

    @property
    def list(self) -> ListWords:
        """Words for lists."""
        return ListWords(self)

    @property
    def struct(self) -> StructWords:
        """Words for structs."""
        return StructWords(self)


class _Words(Spoken):
    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of


class TextWords(_Words):
    """`col("name").str`: Unicode as utf8proc and RE2 define it."""

    spoken = ".str"
    __slots__ = ()

    def lower(self) -> Expr:
        """In lower case."""
        return call("str_lower", self._of)

    def upper(self) -> Expr:
        """In upper case."""
        return call("str_upper", self._of)

    def strip(self, characters: str | None = None) -> Expr:
        """Without these characters (white space by default) at either end."""
        return call("str_strip", self._of, characters=characters)

    def len(self) -> Expr:
        """Number of code points, int64."""
        return call("str_len", self._of)

    def contains(self, text: str) -> Expr:
        """Whether this text occurs in it."""
        return call("str_contains", self._of, text=text)

    def matches(self, pattern: str) -> Expr:
        """Whether an RE2 pattern is found in it (anchor with ^ and $)."""
        return call("str_matches", self._of, pattern=pattern)

    def extract(self, pattern: str) -> Expr:
        """What the pattern's first group matched; null where the pattern is not found."""
        return call("str_extract", self._of, pattern=pattern)

    def replace(self, old: str, new: str, *, regex: bool = False) -> Expr:
        """Every occurrence of `old` replaced by `new`."""
        return call("str_replace", self._of, old=old, new=new, regex=regex)

    def split(self, separator: str, *, regex: bool = False) -> Expr:
        """The parts between separators: list<string>."""
        return call("str_split", self._of, separator=separator, regex=regex)

    def slice(self, start: int, stop: int | None = None) -> Expr:
        """Code points [start, stop), negative positions from the end."""
        return call("str_slice", self._of, start=start, stop=stop)

    def starts_with(self, text: str) -> Expr:
        """Whether it begins with this text."""
        return call("str_starts_with", self._of, text=text)

    def ends_with(self, text: str) -> Expr:
        """Whether it ends with this text."""
        return call("str_ends_with", self._of, text=text)


def _part(name: str, doc: str) -> Callable[[TimeWords], Expr]:
    def part(self: TimeWords) -> Expr:
        return self.part(name)

    part.__name__, part.__qualname__, part.__doc__ = name, f"TimeWords.{name}", doc
    return part


class TimeWords(_Words):
    """`col("when").dt`: naive timestamps are UTC, and parts are those of UTC; `to_local` first gives those of a zone.

    An offset in a text is taken off when it is read: 21:15+02:00 is 19:15, hour 19.
    """

    spoken = ".dt"
    __slots__ = ()

    def part(self, name: str) -> Expr:
        """year, quarter, month, day, day_of_year, weekday (Monday 0), iso_week, hour, minute, second or microsecond, as int64."""
        return call("dt_part", self._of, part=name)

    year = _part("year", "The year, int64.")
    quarter = _part("quarter", "1 to 4, int64.")
    month = _part("month", "1 to 12, int64.")
    day = _part("day", "Day of the month, 1 to 31, int64.")
    weekday = _part("weekday", "Monday 0 to Sunday 6, int64.")
    hour = _part("hour", "0 to 23, int64; 0 for a date.")
    minute = _part("minute", "0 to 59, int64; 0 for a date.")
    second = _part("second", "0 to 59, int64; 0 for a date.")

    def truncate(self, unit: str) -> Expr:
        """The start of its year, quarter, month, week (Monday), day, hour, minute or second."""
        return call("dt_truncate", self._of, unit=unit)

    def to_epoch(self, unit: str = "s") -> Expr:
        """Whole s, ms or us since 1970-01-01 UTC (rounded down), int64."""
        return call("dt_to_epoch", self._of, unit=unit)

    def from_epoch(self, unit: str = "s") -> Expr:
        """The timestamp that is so many s, ms or us after 1970-01-01 UTC."""
        return call("dt_from_epoch", self._of, unit=unit)

    def diff(self, other: Any, unit: str = "s") -> Expr:
        """self - other in weeks, days, hours, minutes, s, ms or us (`unit="day"`), float64."""
        return call("dt_diff", self._of, other, unit=unit)

    def to_local(self, zone: str) -> Expr:
        """What clocks in a zone ("Europe/Berlin", "+05:30") show at this moment, as a naive timestamp."""
        return call("dt_to_local", self._of, table=zone_table(zone, site()))

    def to_utc(self, zone: str) -> Expr:
        """The moment at which clocks in a zone show this: the earlier of two, shifted forward where they never do."""
        return call("dt_to_utc", self._of, table=zone_table(zone, site()))

    def parse(self, format: str) -> Expr:
        """Text read as a timestamp by a strptime-like format."""
        return call("dt_parse", self._of, format=format)


class ListWords(_Words):
    """`col("tags").list`."""

    spoken = ".list"
    __slots__ = ()

    def len(self) -> Expr:
        """Number of items, int64."""
        return call("list_len", self._of)

    def get(self, index: int) -> Expr:
        """The item at a position, negative from the end; null beyond."""
        return call("list_get", self._of, index=index)

    def join(self, separator: str) -> Expr:
        """Text items joined; null items are left out."""
        return call("list_join", self._of, separator=separator)

    def contains(self, value: Any) -> Expr:
        """Whether an item equals `value`."""
        return call("list_contains", self._of, value=value)

    def sum(self) -> Expr:
        """Sum from left to right, nulls left out; 0 for an empty list."""
        return call("list_sum", self._of)

    def mean(self) -> Expr:
        """Mean, nulls left out; null for an empty list."""
        return call("list_mean", self._of)

    def max(self) -> Expr:
        """Largest item, nulls and NaN left out; null for an empty list."""
        return call("list_max", self._of)

    def min(self) -> Expr:
        """Smallest item, nulls and NaN left out; null for an empty list."""
        return call("list_min", self._of)


class StructWords(_Words):
    """`col("address").struct`."""

    spoken = ".struct"
    __slots__ = ()

    def field(self, name: str) -> Expr:
        """One field's value."""
        return call("struct_field", self._of, name=name)

    __getitem__ = field


class When(Spoken):
    """`when(a).then(x).when(b).then(y).otherwise(z)`: the value of the first condition that is true; null counts as false."""

    spoken = "when(...)"
    __slots__ = ("_condition", "_parts")

    def __init__(self, parts: tuple[Node, ...], condition: Any) -> None:
        self._parts = parts
        self._condition = to_node(condition)

    def then(self, value: Any) -> Then:
        """The value where the condition is true."""
        return Then((*self._parts, self._condition, to_node(value)))


class Then(Expr):
    """A `when` that can go on; used as it is, the rest becomes null."""

    __slots__ = ("_parts",)

    def __init__(self, parts: tuple[Node, ...]) -> None:
        self._parts = parts
        super().__init__(Node("when", (*parts, literal(None)), {}, site()))

    def when(self, condition: Any) -> When:
        """Another condition, for the rows where none was true so far."""
        return When(self._parts, condition)

    def otherwise(self, value: Any) -> Expr:
        """The value of the other rows."""
        return Expr(Node("when", (*self._parts, to_node(value)), {}, site()))


def to_node(value: Any) -> Node:
    """An expression's node; any other value becomes a literal."""
    if isinstance(value, Expr):
        return value.node
    if isinstance(value, When):
        raise ArgumentError("a when() lacks its then()", where=site())
    if isinstance(value, Node):
        return value
    try:
        return literal(value, site())
    except ArgumentError as error:
        raise error.at(site() or "") from None


def to_column(value: Any) -> Node:
    """As `to_node`, but text is the name of a column."""
    return col(value).node if isinstance(value, str) else to_node(value)


def call(op: str, *args: Any, **params: Any) -> Expr:
    """An operation applied to expressions (other values become literals)."""
    return _expr(op, [to_node(arg) for arg in args], params)


def apply(op: str, *columns: Any, **params: Any) -> Expr:
    """An operation applied to columns (text names a column), as transforms take them."""
    return _expr(op, [to_column(column) for column in columns], params)


def _expr(op: str, args: list[Node], params: Mapping[str, Any]) -> Expr:
    at = site()
    try:
        return Expr(Node(op, args, params, at))
    except FeatureprepError as error:
        raise error.at(at or "") from None


def col(name: str) -> Expr:
    """The column of that name.

    Parameters
    ----------
    name : str
        Any non-empty text: `class`, `a b` and `é` are names like others.
    """
    check("col", {"name": NAME}, {"name": name}, where=site())
    return Expr(Node("col", (), {"name": name}, site()))


def lit(value: Any) -> Expr:
    """A constant: number, text, bytes, bool, date, datetime, Decimal, None, or a list of these."""
    return Expr(to_node(value))


def when(condition: Any) -> When:
    """Begin a choice: `when(col("age") < 18).then("minor").otherwise("adult")`."""
    return When((), condition)


def coalesce(*values: Any) -> Expr:
    """The first value that is not null."""
    return call("coalesce", *values)
