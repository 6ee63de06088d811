"""examples/census on the real files: scikit-learn's figures on the same rows, the same bits when served and however the rows come."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.examples.harness import Example, assert_same_bits, cut_and_shuffle, features, plain, served

NUMBERS = ["age", "capital_gain", "capital_loss", "hours_per_week"]
CATEGORIES = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "country"]


@pytest.fixture(scope="module")
def job_file(census: Example) -> ModuleType:
    """The job file as a module: its columns and groups."""
    return importlib.import_module("examples.census.job")


def read(path: Path, job_file: ModuleType) -> pd.DataFrame:
    """As the book's notebook reads it; the first line of adult.test is no record."""
    comment = 1 if path.read_text(encoding="utf-8").startswith("|") else 0
    return pd.read_csv(
        path, names=list(job_file.COLUMNS), sep=", ", engine="python", na_values=["?"], keep_default_na=False, skiprows=comment
    )  # fmt: skip


def prepared(people: pd.DataFrame, job_file: ModuleType) -> pd.DataFrame:
    """Grouped categories, and "?" for what is missing, as in the book."""
    out = people.copy()
    for name in ("education", "marital_status", "occupation", "country"):
        groups = getattr(job_file, name.upper())
        for group, values in groups.items():
            out.loc[people[name].isin(values), name] = group
    return out.fillna(dict.fromkeys(CATEGORIES, "?"))


@pytest.fixture(scope="module")
def people(data_dir: Path, job_file: ModuleType) -> pd.DataFrame:
    return read(data_dir / "adult-census" / "adult.data", job_file)


@pytest.fixture(scope="module")
def parts(census: Example, people: pd.DataFrame) -> dict[str, np.ndarray]:
    """Which rows of the file are in which part."""
    split = census.job.split
    assert split is not None
    labels = split.labels({name: pa.array(column) for name, column in zip(people, zip(*plain_values(people), strict=True), strict=True)})
    return {name: labels == number for number, name in enumerate(split.names)}


def plain_values(people: pd.DataFrame) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in plain(people)]


@pytest.fixture(scope="module")
def oracle(people: pd.DataFrame, parts: dict[str, np.ndarray], job_file: ModuleType) -> ColumnTransformer:
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    made = ColumnTransformer([("numbers", scale, NUMBERS), ("categories", encode, CATEGORIES)], verbose_feature_names_out=False)
    return made.fit(prepared(people, job_file)[parts["train"]])


def expected(oracle: ColumnTransformer, people: pd.DataFrame, names: list[str]) -> np.ndarray:
    """What scikit-learn makes of the rows, its columns in the order of `names`."""
    theirs = [name if name in NUMBERS else name.replace("_", "=", 1) for name in oracle.get_feature_names_out()]
    theirs = [name.replace("marital=status_", "marital_status=") for name in theirs]
    assert sorted(theirs) == sorted(names)
    return np.asarray(oracle.transform(people))[:, [theirs.index(name) for name in names]]


@pytest.mark.parametrize("part", ["train", "eval"])
def test_the_features_are_scikit_learns(
    census: Example, oracle: ColumnTransformer, people: pd.DataFrame, parts: dict[str, np.ndarray], job_file: ModuleType, part: str
) -> None:
    x, y, names = census.run.dataset.matrix(part)
    rows = people[parts[part]]
    wanted = expected(oracle, prepared(rows, job_file), names)
    numbers = [name in NUMBERS for name in names]
    np.testing.assert_allclose(x[:, numbers], wanted[:, numbers], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(x[:, np.invert(numbers)], wanted[:, np.invert(numbers)])
    np.testing.assert_array_equal(y, rows["income"] == ">50K")
    assert len(x) == census.run.dataset.splits[part]


def test_the_split_is_near_four_to_one_and_loses_nothing(census: Example, people: pd.DataFrame) -> None:
    splits = census.run.dataset.splits
    assert sum(splits.values()) == len(people) == census.run.ledger.rows()["written"]
    assert splits["train"] / len(people) == pytest.approx(0.8, abs=0.01)


def test_the_second_drop_gets_the_constants_of_the_first(
    census: Example, oracle: ColumnTransformer, job_file: ModuleType, data_dir: Path
) -> None:
    path = data_dir / "adult-census" / "adult.test"
    run = census.job.apply("census@1", store=census.store, sources={"people": str(path)}, split=None)
    people = read(path, job_file)
    x, y, names = run.dataset.matrix("all")
    np.testing.assert_allclose(x, expected(oracle, prepared(people, job_file), names), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(y, people["income"] == ">50K.")
    assert run.graph.fingerprint == census.run.graph.fingerprint
    first = run.ledger.lines[0]
    assert dict(first.quarantined) == {"unparsable: 1 field where 15 are expected": 1}, "the line that is no record is set aside and told"


def test_missing_numbers_get_the_median(census: Example, oracle: ColumnTransformer, people: pd.DataFrame) -> None:
    """The files lack none, a request may."""
    found = census.run.graph({**plain(people.head(1))[0], **dict.fromkeys(NUMBERS, None)})
    gaps = pd.DataFrame({name: [np.nan] for name in NUMBERS})
    wanted = oracle.named_transformers_["numbers"].transform(gaps)[0]
    np.testing.assert_allclose([found[name] for name in NUMBERS], wanted, rtol=1e-12, atol=1e-12)


def test_every_written_row_is_what_the_graph_serves(census: Example, people: pd.DataFrame, parts: dict[str, np.ndarray]) -> None:
    graph, dataset = census.run.graph, census.run.dataset
    for part, chosen in parts.items():
        rows = plain(people[chosen])
        written = dataset.to_arrow(part)
        assert_same_bits(served(map(graph.training, rows), dataset.schema), written)
        named = features(dataset)
        alone = served(map(graph, rows[:500]), pa.schema([dataset.schema.field(name) for name in named]))
        assert_same_bits(alone, written.select(named).slice(0, 500))
        assert {graph.admits(row) for row in rows} == {None}


def test_however_the_rows_come_the_fingerprints_are_the_same(census: Example, data_dir: Path, tmp_path: Path) -> None:
    wanted = census.run.dataset.fingerprint, census.run.graph.fingerprint
    for partitions in (7, 64):
        assert census.prints(partitions=partitions) == wanted, partitions
    lines = (data_dir / "adult-census" / "adult.data").read_text(encoding="utf-8").splitlines()
    mixed = cut_and_shuffle([line for line in lines if line], tmp_path / "mixed")
    assert census.prints(sources={"people": mixed}) == wanted
