"""Expression texts against Python's own evaluation, null by hand, and what is refused."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import FeatureprepError, RequestError
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.node import describe
from featureprep.validators.expression_text import parse_expression

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("f", pa.float64()), ("s", pa.string()), ("p", pa.bool_())])
TYPES = {field.name: field.type for field in SCHEMA}

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.one_of(st.none(), st.integers(-5, 5)),
            "b": st.one_of(st.none(), st.integers(-5, 5)),
            "f": st.one_of(st.none(), st.sampled_from([-1.5, 0.0, 0.5, 2.0, math.inf])),
            "s": st.one_of(st.none(), st.sampled_from(["", "x", "Ax", " x "])),
            "p": st.one_of(st.none(), st.booleans()),
        }
    ),
    min_size=1,
    max_size=8,
)

# A tree is (text, function of a row); functions give None for null, by Kleene's tables where they are logical.


def strict(function: Any, *parts: Any) -> Any:
    def run(row: dict[str, Any]) -> Any:
        values = [part(row) for part in parts]
        return None if any(value is None for value in values) else function(*values)

    return run


def column(name: str) -> tuple[str, Any]:
    return name, lambda row: row[name]


def constant(value: Any) -> tuple[str, Any]:
    return repr(value), lambda row: value


def infix(symbol: str, function: Any) -> Any:
    return lambda x, y: (f"({x[0]} {symbol} {y[0]})", strict(function, x[1], y[1]))


def kleene_and(x: Any, y: Any) -> Any:
    def run(row: dict[str, Any]) -> Any:
        values = (x[1](row), y[1](row))
        return False if False in values else None if None in values else True

    return f"({x[0]} and {y[0]})", run


def kleene_or(x: Any, y: Any) -> Any:
    def run(row: dict[str, Any]) -> Any:
        values = (x[1](row), y[1](row))
        return True if True in values else None if None in values else False

    return f"({x[0]} or {y[0]})", run


def chain(x: Any, y: Any, z: Any) -> Any:
    first = (x[0], strict(lambda u, v: u < v, x[1], y[1]))
    second = (x[0], strict(lambda u, v: u <= v, y[1], z[1]))
    return f"{x[0]} < {y[0]} <= {z[0]}", kleene_and(first, second)[1]


integers = st.recursive(
    st.one_of(st.sampled_from(["a", "b"]).map(column), st.integers(-4, 4).map(constant)),
    lambda inner: st.one_of(
        st.builds(infix("+", lambda x, y: x + y), inner, inner),
        st.builds(infix("-", lambda x, y: x - y), inner, inner),
        st.builds(infix("*", lambda x, y: x * y), inner, inner),
        inner.map(lambda x: (f"abs({x[0]})", strict(abs, x[1]))),
        inner.map(lambda x: (f"(-{x[0]})", strict(lambda v: -v, x[1]))),
    ),
    max_leaves=5,
)
texts = st.recursive(
    st.one_of(st.just(column("s")), st.sampled_from(["x", "A", "it's", 'a"b', "é`"]).map(constant)),
    lambda inner: st.one_of(
        inner.map(lambda x: (f"lower({x[0]})", strict(str.lower, x[1]))),
        inner.map(lambda x: (f"strip({x[0]})", strict(str.strip, x[1]))),
    ),
    max_leaves=2,
)
compared = st.one_of(
    *(
        st.builds(infix(symbol, function), kind, kind)
        for kind in (integers, texts)
        for symbol, function in (
            ("<", lambda x, y: x < y), ("<=", lambda x, y: x <= y), (">", lambda x, y: x > y), (">=", lambda x, y: x >= y),
            ("==", lambda x, y: x == y), ("!=", lambda x, y: x != y),
        )
    ),
    st.builds(infix("<", lambda x, y: x < y), st.just(column("f")), integers),
    st.builds(chain, integers, integers, integers),
    st.just(column("p")),
    integers.map(lambda x: (f"{x[0]} in [1, -2, 3]", strict(lambda v: v in (1, -2, 3), x[1]))),
    texts.map(lambda x: (f'{x[0]} not in ("x", "")', strict(lambda v: v not in ("x", ""), x[1]))),
    texts.map(lambda x: (f"len({x[0]}) > 1", strict(lambda v: len(v) > 1, x[1]))),
    texts.map(lambda x: (f"starts_with({x[0]}, 'A')", strict(lambda v: v.startswith("A"), x[1]))),
    st.one_of(integers, texts).map(lambda x: (f"{x[0]} is None", lambda row: x[1](row) is None)),
    st.one_of(integers, texts).map(lambda x: (f"{x[0]} is not None", lambda row: x[1](row) is not None)),
)  # fmt: skip
conditions = st.recursive(
    compared,
    lambda inner: st.one_of(
        st.builds(kleene_and, inner, inner),
        st.builds(kleene_or, inner, inner),
        inner.map(lambda x: (f"(not {x[0]})", strict(lambda v: not v, x[1]))),
    ),
    max_leaves=5,
)


def evaluate(text: str, rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> list[Any]:
    bound = Binder(schema, malformed="null").bind(parse_expression(text, {field.name: field.type for field in schema}))
    columns = {field.name: pa.array([row[field.name] for row in rows], field.type) for field in schema}
    result: list[Any] = Program([bound]).run(columns, len(rows))[0].values.to_pylist()
    return result


@settings(max_examples=200)
@given(conditions, ROWS)
def test_it_means_what_python_means_with_null_as_unknown(condition: tuple[str, Any], rows: list[dict[str, Any]]) -> None:
    text, by_hand = condition
    assert evaluate(text, rows) == [by_hand(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "rows", "expected"),
    [
        ("`a b` > 1 and class_ == 2", [{"a b": 2, "class_": 2}, {"a b": 1, "class_": 2}], [True, False]),
        ("`class` == 1", [{"class": 1}], [True]),
        ('col("x.y") >= 0', [{"x.y": 0}], [True]),
        ("`é è` < ﬁ", [{"é è": 1, "ﬁ": 2}], [True]),
        ("`don't` > 0 and `a\"b` > 0", [{"don't": 1, 'a"b': 1}], [True]),
        (" \n a > 1\n and a < 3 \n", [{"a": 2}, {"a": 3}], [True, False]),
        ("a / 2 == 1.5 and a // 2 == 1 and a % 2 == 1", [{"a": 3}], [True]),
        ("a - -2 == 5", [{"a": 3}], [True]),
        ("round(a / 3, 2) == 0.33", [{"a": 1}], [True]),
        ("a >= -9223372036854775808 and a <= 9223372036854775807", [{"a": 2**63 - 1}], [True]),
    ],
)
def test_names_and_forms(text: str, rows: list[dict[str, Any]], expected: list[bool]) -> None:
    assert evaluate(text, rows, pa.schema([(name, pa.int64()) for name in rows[0]])) == expected


def test_types_beyond_numbers_and_text() -> None:
    schema = pa.schema(
        [("d", pa.date32()), ("t", pa.timestamp("us")), ("l", pa.list_(pa.int64())), ("f", pa.float64()), ("s", pa.string())]
    )
    row = {"d": dt.date(2024, 2, 1), "t": dt.datetime(2024, 1, 1), "l": [1, 2], "f": math.nan, "s": "a.b"}
    for text in (
        'd >= date("2024-01-31")', 't < timestamp("2024-01-01T00:00:01")', "len(l) == 2", "contains(l, 2)", "is_nan(f)", "not is_null(f)",
        'contains(s, ".")', 'ends_with(s, "b")', r'matches(s, "^\w\.\w$")', 'upper(s) == "A.B"',
    ):  # fmt: skip
        assert evaluate(text, [row], schema) == [True], text
    assert evaluate(r'matches(s, "^\d")', [row], schema) == [False]


def test_it_groups_as_python_does() -> None:
    assert describe(parse_expression("a or b and not c == 1")) == "a | (b & ~(c == 1))"
    assert describe(parse_expression("a + b * 2 < c")) == "(a + (b * 2)) < c"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("   \n ", "empty"),
        ("a >", "syntax error at column"),
        ("class > 1", "syntax error"),
        ("a = 1", "syntax error"),
        ("a && b", "syntax error"),
        ("a; b", "syntax error"),
        ("a > 1 # and b > 2", "comment begins at column 7"),
        ("a == 'x\ny'", "quote at column 6 is not closed"),
        ("`a > 1", "back quote at column 1"),
        ("`` > 1", "back quote at column 1"),
        ("a.b > 1", "a dot is not allowed at column 1"),
        ("  a[0] > 1", "an index is not allowed at column 3"),
        ("a if b else c", "if ... else"),
        ("[x for x in a]", "comprehension"),
        ("lambda: 1", "lambda"),
        ("f'{a}' == 'x'", "f-string"),
        ("(a := 1) > 0", ":="),
        ("a ** 2 > 1", "this operator is not allowed"),
        ("~a", "this operator"),
        ("a @ b", "this operator"),
        ("__import__('os').system('true')", "only the functions"),
        ("eval('1')", "there is no function 'eval' at column 1"),
        ("lenn(a) > 1", "there is no function 'lenn'"),
        ("len(a, b)", "len takes 1 argument"),
        ("round()", "round takes one or two"),
        ("contains(s)", "contains takes 2 arguments"),
        ("contains(s, a)", "a constant is expected"),
        ("contains(s, '')", "text in quotes"),
        ("len(x=a)", "named arguments"),
        ("`len`(a)", "only the functions"),
        ("a in b", "in needs a list"),
        ("a in [b]", "constant is expected"),
        ("a in [None]", "None stands alone"),
        ("a == None", "None stands alone"),
        ("a is 1", "None only"),
        ("a == b'x'", "constant is expected"),
        ("a == 1j", "constant is expected"),
        ("a == ...", "constant is expected"),
        ("a > 18446744073709551616", "too large"),
        ("a > -9223372036854775809", "too large"),
        ("a > 1e400", "too large"),
        ("a > " + "9" * 5000, "4000 are the most"),
        ("a > " + "9" * 3000, "too large"),
        ("d > date('2024-13-01')", "is no date"),
        ("d > date(1)", "text in quotes"),
        ("(" * 1000 + "a" + ")" * 1000, "(syntax|read|nested)"),
        ("not " * 900 + "a", "(nested|read)"),
        ("-" * 3900 + "a", "(nested|read)"),
        ("a" + "+a" * 1500, "(nested|read)"),
        ("a in [" + "1," * 1900 + "]", "more than 1000 parts"),
        ("a > \x00", "syntax error"),
        ("a > '\ud800'", "read"),
        ("*a", "(syntax|not allowed)"),
        ("yield", "(syntax|yield)"),
    ],
)
def test_what_is_refused_says_where_and_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        parse_expression(text, TYPES)
    assert caught.value.hint


@given(st.text(alphabet=st.sampled_from("ab`'\"()[]<>=!+-*/% .,0é\n#\\"), max_size=30))
def test_any_text_is_an_expression_or_a_request_error(text: str) -> None:
    try:
        Binder(SCHEMA).bind(parse_expression(text, TYPES))
    except FeatureprepError as error:
        assert isinstance(error, RequestError)
