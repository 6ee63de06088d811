"""The categorical transforms on published data against scikit-learn and pandas: census income, taxi trips, purchases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep import transforms as T
from featureprep.expr.expression import Expr
from featureprep.hashing.single import hash64_value
from tests.transforms.harness import Fitted, fit

preprocessing = pytest.importorskip("sklearn.preprocessing")
pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def census(data_dir: Path) -> pa.Table:
    """48,842 people; some have no occupation."""
    from pyarrow import parquet

    names = ["age", "education", "occupation", "native-country", "sex", "hours-per-week"]
    table = parquet.read_table(_there(data_dir / "adult-census" / "adults.parquet"), columns=names)
    return pa.table({name: table[name].combine_chunks() for name in names})


@pytest.fixture(scope="module")
def taxi(data_dir: Path) -> pa.Table:
    """15,002 trips; a third of them name no company."""
    from pyarrow import csv

    path = _there(data_dir / "chicago-taxi" / "simple" / "data.csv")
    options = csv.ConvertOptions(strings_can_be_null=True, include_columns=["company", "payment_type", "trip_start_hour", "fare"])
    return csv.read_csv(path, convert_options=options).combine_chunks()


@pytest.fixture(scope="module")
def purchases(data_dir: Path) -> pa.Table:
    """Lists of products of the first 20,000 customers."""
    from pyarrow import compute as pc
    from pyarrow import csv

    column = csv.read_csv(_there(data_dir / "book-recommender" / "trx_data.csv"))["products"].combine_chunks()
    return pa.table({"products": pc.split_pattern(column.cast(pa.string()).slice(0, 20_000), "|")})


def _there(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"{path.name} is not in FEATUREPREP_DATA")
    return path


def fitted(expr: Expr, train: pa.Table, other: pa.Table | None = None) -> tuple[Fitted, list[Any]]:
    """Fitted on one table, the values of another, or of the same."""
    made = fit(expr, train)
    return made, made.batch(train if other is None else other)[0].to_pylist()


@pytest.mark.parametrize("name", ["education", "native-country", "age", "hours-per-week"])
def test_ordinal_is_ordinal_encoder(census: pa.Table, name: str) -> None:
    table = census.select([name]).drop_null()
    train, other = table.slice(0, 300), table.slice(300)  # so that something is unknown
    encoder = preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder.fit(train.to_pandas().astype(object))
    theirs = encoder.transform(other.to_pandas().astype(object))[:, 0].astype(int).tolist()
    assert fitted(T.ordinal(name), train, other)[1] == theirs
    assert -1 in theirs or name == "education"


def test_ordinal_given_is_ordinal_encoder(census: pa.Table) -> None:
    order = ["Preschool", "HS-grad", "Bachelors", "Masters", "Doctorate"]
    frame = census.select(["education"]).to_pandas().astype(object)
    encoder = preprocessing.OrdinalEncoder(categories=[order], handle_unknown="use_encoded_value", unknown_value=-1)
    theirs = encoder.fit(np.array(order, object)[:, None]).transform(frame.to_numpy())[:, 0].astype(int).tolist()
    assert len(set(theirs)) == 6
    assert fitted(T.ordinal("education", order), census)[1] == theirs


@pytest.mark.parametrize("name", ["company", "payment_type", "trip_start_hour", "fare"])
def test_count_encode_is_value_counts(taxi: pa.Table, name: str) -> None:
    train, other = taxi.slice(0, 10_000), taxi.slice(10_000)
    series = train[name].to_pandas()
    for normalize in (False, True):
        counts = series.value_counts(normalize=normalize)
        theirs = other[name].to_pandas().map(counts)
        ours = fitted(T.count_encode(name, normalize=normalize), train, other)[1]
        for given, our, their in zip(other[name].to_pylist(), ours, theirs.tolist(), strict=True):
            assert our == (None if given is None else 0 if their != their else their)


def test_multi_hot_is_multi_label_binarizer(purchases: pa.Table) -> None:
    lists = purchases["products"].to_pylist()
    binarizer = preprocessing.MultiLabelBinarizer()
    theirs = binarizer.fit_transform(lists)
    made, ours = fitted(T.multi_hot("products"), purchases)
    names = made.bound.op.elements(made.bound.call) or []
    assert sorted(names) == binarizer.classes_.tolist()
    order = [names.index(name) for name in binarizer.classes_]
    assert (np.array(ours, np.int8)[:, order] == theirs).all()
    totals = theirs.sum(axis=0)[np.argsort(order)]
    assert (np.diff(totals) <= 0).all(), "categories go by the number of rows"
    sparse = fit(T.multi_hot("products", sparse=True), purchases).batch(purchases)[0]
    rebuilt = np.zeros_like(theirs)
    for row, vector in enumerate(sparse.to_pylist()):
        rebuilt[row, vector["indices"]] = 1
    assert (rebuilt[:, order] == theirs).all()


@pytest.mark.parametrize("rule", [{"min_count": 900}, {"min_share": 0.05}], ids=str)
def test_rare_label_has_the_infrequent_categories_of_one_hot_encoder(census: pa.Table, rule: dict[str, Any]) -> None:
    table = census.select(["occupation"]).drop_null()
    encoder = preprocessing.OneHotEncoder(min_frequency=next(iter(rule.values())), sparse_output=False)
    values = table["occupation"].to_pandas().astype(object).to_numpy()
    encoder.fit(values[:, None])
    infrequent = set(encoder.infrequent_categories_[0])
    assert 0 < len(infrequent) < len(set(values))
    assert fitted(T.rare_label("occupation", **rule), table)[1] == ["rare" if value in infrequent else value for value in values]


def test_rare_label_keeps_the_top_of_value_counts(taxi: pa.Table) -> None:
    series = taxi["company"].to_pandas()
    counts = series.value_counts()
    assert counts.iloc[4] > counts.iloc[5]  # no tie there
    top = set(counts.index[:5])
    wanted = [None if value != value or value is None else value if value in top else "other" for value in series]
    assert fitted(T.rare_label("company", top_k=5, label="other"), taxi)[1] == wanted
    names = fit(T.one_hot(T.rare_label("company", top_k=5, label="other")), taxi).bound
    assert sorted(names.op.elements(names.call) or []) == sorted([*top, "other"])


def test_vocabulary_of_cross_counts_combinations(census: pa.Table) -> None:
    columns = ["education", "occupation", "sex"]
    counts = census.select(columns).to_pandas().astype(object).dropna().value_counts()  # of tuples
    made, ids = fitted(T.vocabulary(T.cross(*columns)), census)
    (constants,) = made.constants.values()
    texts = constants["values"].to_pylist()
    assert sorted(texts) == sorted("|".join(key) for key in counts.index)  # no value has a bar or a backslash
    ours = pd.Series(ids).dropna().astype(int).value_counts()
    assert {texts[at]: n for at, n in ours.items()} == {"|".join(key): n for key, n in counts.items()}
    assert [counts[tuple(text.split("|"))] for text in texts] == sorted(counts, reverse=True)


def test_hash_cross_is_the_published_hash_of_every_combination(taxi: pa.Table) -> None:
    names = ["company", "payment_type", "trip_start_hour"]
    dtype = pa.struct([(str(i), taxi.schema.field(name).type) for i, name in enumerate(names)])
    ids = fitted(T.hash_cross(*names, buckets=500, seed=11), taxi)[1]
    rows = list(zip(*(taxi[name].to_pylist() for name in names), strict=True))
    wanted = {row: hash64_value({str(i): v for i, v in enumerate(row)}, dtype, 11) % 500 for row in set(rows) if None not in row}
    assert len(wanted) > 300
    assert ids == [wanted.get(row) for row in rows]
