"""examples/taxi on the real files: scikit-learn's and NumPy's figures, a hand count of the vocabularies, the same bits when served."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

import featureprep as fp
from featureprep.cli import cli
from featureprep.hashing.farm import farm_fingerprint64
from tests.examples.harness import ROOT, Example, assert_same_bits, cut_and_shuffle, features, plain, served

SCALED = ["trip_miles", "fare", "trip_seconds"]
PLACES = ["pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude"]
TEXTS = ["payment_type", "company"]
CLOCK = {"trip_start_hour": range(24), "trip_start_day": range(1, 8), "trip_start_month": range(1, 13)}
KEPT = ["pickup_census_tract", "dropoff_census_tract", "pickup_community_area", "dropoff_community_area"]


def read(path: Path) -> pd.DataFrame:
    """Whole numbers as such, though some are missing."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    whole = dict.fromkeys((*KEPT, *CLOCK, "trip_seconds", "trip_start_timestamp"), "Int64")
    return frame.astype(whole)


@pytest.fixture(scope="module")
def train(data_dir: Path) -> pd.DataFrame:
    return read(data_dir / "chicago-taxi" / "tfdv_splits" / "train.csv")


@pytest.fixture(scope="module")
def evaluation(data_dir: Path) -> pd.DataFrame:
    return read(data_dir / "chicago-taxi" / "tfdv_splits" / "eval.csv")


@pytest.fixture(scope="module")
def applied(taxi: Example, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> fp.Dataset:
    """eval.csv with the constants of train.csv; its one new payment type is let in by a changed contract."""
    contract = tmp_path_factory.mktemp("contract") / "contract.yaml"
    text = (ROOT / "examples" / "taxi" / "contract.yaml").read_text(encoding="utf-8")
    contract.write_text(text.replace("Pcard, ", "Pcard, Prcard, "), encoding="utf-8")
    path = data_dir / "chicago-taxi" / "tfdv_splits" / "eval.csv"
    return taxi.job.apply("taxi@1", store=taxi.store, sources={"trips": str(path)}, contract=str(contract), partitions=1).dataset


def number(trips: pd.DataFrame, name: str) -> np.ndarray:
    """A column with 0 for what is missing, shape (n, 1)."""
    return np.asarray(trips[name].fillna(0), np.float64).reshape(-1, 1)


def column(dataset: fp.Dataset, name: str) -> np.ndarray:
    """A written column, vectors as a matrix."""
    array = dataset.to_arrow("all")[name].combine_chunks()
    assert array.null_count == 0
    if pa.types.is_fixed_size_list(array.type):
        return np.asarray(array.flatten()).reshape(len(array), -1)
    return np.asarray(array)


@pytest.mark.parametrize("name", SCALED)
def test_z_scores(taxi: Example, applied: fp.Dataset, train: pd.DataFrame, evaluation: pd.DataFrame, name: str) -> None:
    scaler = StandardScaler().fit(number(train, name))
    for dataset, trips in ((taxi.run.dataset, train), (applied, evaluation)):
        np.testing.assert_allclose(column(dataset, name), scaler.transform(number(trips, name))[:, 0], rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Bins whose width are too small:UserWarning")
@pytest.mark.parametrize("name", PLACES)
def test_quantile_buckets(taxi: Example, applied: fp.Dataset, train: pd.DataFrame, evaluation: pd.DataFrame, name: str) -> None:
    values = number(train, name)
    edges = np.unique(np.quantile(values, [i / 10 for i in range(1, 10)]))
    edges = edges[edges > values.min()]
    bins = KBinsDiscretizer(10, encode="ordinal", strategy="quantile", quantile_method="linear", subsample=None).fit(values)
    np.testing.assert_array_equal(bins.bin_edges_[0][1:-1], edges)
    for dataset, trips in ((taxi.run.dataset, train), (applied, evaluation)):
        np.testing.assert_array_equal(column(dataset, name), np.digitize(number(trips, name)[:, 0], edges))
        np.testing.assert_array_equal(column(dataset, name), bins.transform(number(trips, name))[:, 0])


@pytest.mark.parametrize("name", TEXTS)
def test_vocabularies(taxi: Example, applied: fp.Dataset, train: pd.DataFrame, evaluation: pd.DataFrame, name: str) -> None:
    counts = Counter(train[name].fillna(""))
    ranked = sorted(counts, key=lambda value: (-counts[value], value.encode()))
    ids = {value: number for number, value in enumerate(ranked)}
    np.testing.assert_array_equal(column(taxi.run.dataset, name), [ids[value] for value in train[name].fillna("")])
    unseen = set(evaluation[name].fillna("")) - set(ids)
    assert unseen, "the eval file has values that the train file has not"
    for value in unseen:
        ids[value] = len(ranked) + farm_fingerprint64(value.encode()) % 10
    np.testing.assert_array_equal(column(applied, name), [ids[value] for value in evaluation[name].fillna("")])


@pytest.mark.parametrize("name", CLOCK)
def test_hours_days_and_months(taxi: Example, train: pd.DataFrame, name: str) -> None:
    encoder = OneHotEncoder(categories=[list(CLOCK[name])], handle_unknown="ignore", sparse_output=False)
    np.testing.assert_array_equal(column(taxi.run.dataset, name), encoder.fit_transform(number(train, name)))


def test_areas_and_the_label(taxi: Example, applied: fp.Dataset, train: pd.DataFrame, evaluation: pd.DataFrame) -> None:
    for dataset, trips in ((taxi.run.dataset, train), (applied, evaluation)):
        for name in KEPT:
            np.testing.assert_array_equal(column(dataset, name), number(trips, name)[:, 0])
        label = number(trips, "tips") > number(trips, "fare") * 0.2
        np.testing.assert_array_equal(column(dataset, "label"), label[:, 0])
        assert 0.1 < label.mean() < 0.5


def test_every_written_row_is_what_the_graph_serves(
    taxi: Example, applied: fp.Dataset, train: pd.DataFrame, evaluation: pd.DataFrame
) -> None:
    graph = taxi.run.graph
    for dataset, trips in ((taxi.run.dataset, train), (applied, evaluation)):
        rows, written = plain(trips), dataset.to_arrow("all")
        assert_same_bits(served(map(graph.training, rows), dataset.schema), written)
        named = features(dataset)
        alone = served(map(graph, rows[:500]), pa.schema([dataset.schema.field(name) for name in named]))
        assert_same_bits(alone, written.select(named).slice(0, 500))


def test_however_the_rows_come_the_fingerprints_are_the_same(taxi: Example, data_dir: Path, tmp_path: Path) -> None:
    wanted = taxi.run.dataset.fingerprint, taxi.run.graph.fingerprint
    for partitions in (7, 64):
        assert taxi.prints(partitions=partitions) == wanted, partitions
    header, *lines = (data_dir / "chicago-taxi" / "tfdv_splits" / "train.csv").read_text(encoding="utf-8").splitlines()
    assert taxi.prints(sources={"trips": cut_and_shuffle(lines, tmp_path / "mixed", header=f"{header}\n")}) == wanted


def test_the_inferred_contract_names_what_is_new_in_the_eval_file(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], train: pd.DataFrame, evaluation: pd.DataFrame
) -> None:
    files, contract = data_dir / "chicago-taxi" / "tfdv_splits", str(tmp_path / "contract.yaml")
    assert cli.main(["infer", str(files / "train.csv"), "-o", contract], standalone_mode=False) == 0
    assert cli.main(["validate", str(files / "train.csv"), "--contract", contract], standalone_mode=False) == 0
    capsys.readouterr()
    assert cli.main(["validate", str(files / "eval.csv"), "--contract", contract], standalone_mode=False) == 1
    told = capsys.readouterr().out
    for name in TEXTS:
        unseen = set(evaluation[name].dropna()) - set(train[name].dropna())
        assert unseen
        assert [value for value in sorted(unseen) if repr(value) not in told] == [], name
