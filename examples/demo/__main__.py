"""What `make demo` runs: a month-by-month data set, a job over it, a drop that is refused, three rows served.

    python -m examples.demo [FOLDER]

Everything is written below FOLDER (default: the folder `demo` of this checkout). Run it again: the same data gives the same fingerprints,
and what is known of a file is not read again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import featureprep as fp
from examples.demo.generate import Made, generate, generate_faulty_drop
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import FeatureprepError
from featureprep.jobs.driver import run as run_job
from featureprep.jobs.loading import load_job
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Status

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "demo"  # where job.py looks for its source

ROWS: Mapping[str, Mapping[str, Any]] = {
    "a plain trip, paid in cash": {
        "trip_id": "t2000001", "started": "2024-07-01 08:15:00", "seconds": 900, "miles": 3.4, "fare": 14.5, "payment_type": "Cash",
        "company": "Blue Kite Cabs", "pickup_area": 3, "dropoff_area": 8,
    },
    "no miles, no area to drop off, payment ' CREDIT CARD ', a company nobody knows": {
        "trip_id": "t2000002", "started": "2024-07-01 23:40:00", "seconds": 600, "miles": None, "fare": 9.75,
        "payment_type": " CREDIT CARD ", "company": "Zephyr Rides", "pickup_area": 3, "dropoff_area": None,
    },
    "a fare of '1O.50', with the letter O": {
        "trip_id": "t2000003", "started": "2024-07-02 12:00:00", "seconds": 700, "miles": 55.0, "fare": "1O.50", "payment_type": "Cash",
        "company": "Lantern Taxi", "pickup_area": 3, "dropoff_area": 8,
    },
}  # fmt: skip
SHOWN = ("miles", "fare", "payment", "company", "time")


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo", description="A feature job from raw files to served rows, in a few seconds."
    )
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where everything is written (default: demo)")
    folder = parser.parse_args().folder.resolve()
    try:
        faulty = _data(folder)
        run = _run(folder)
        _refuse(faulty)
        _serve(folder, run)
        _next(folder, run)
    except FeatureprepError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _data(folder: Path) -> Made:
    """Generate both drops; returns the faulty one."""
    _title("1. The data: made from a seed, flaws included")
    made, faulty = generate(folder), generate_faulty_drop(folder)
    for drop in (made, faulty):
        flaws = ", ".join(f"{count:,} {name}" for name, count in sorted(drop.flaws.items(), key=lambda item: -item[1]))
        print(f"   {_short(drop.files[0].parent)}: {drop.rows:,} records\n     with {flaws}")
    return faulty


def _run(folder: Path) -> fp.Run:
    _title(f"2. The job: {_short(HERE / 'job.py')}, held against {_short(HERE / 'contract.yaml')}")
    job = load_job(str(HERE / "job.py"))
    told: set[str] = set()

    def progress(label: str, finished: int, total: int) -> None:
        if finished == total and label not in told:
            told.add(label)
            print(f"   done: {label or 'work'}", flush=True)

    run = run_job(job, store=str(folder / "store"), sources={"trips": str(folder / "trips" / "*.csv")}, progress=progress)
    rows, dataset = run.ledger.rows(), run.dataset
    print(f"   every row is accounted for: {rows['read']:,} read, {rows['written']:,} written")
    for line in run.ledger.lines:
        for kind, counts in (("dropped", line.dropped), ("quarantined", line.quarantined)):
            for rule, count in counts.items():
                print(f"     {count:>6,} {kind:<12} {rule}")
    splits = ", ".join(f"{name} {count:,}" for name, count in dataset.splits.items())
    print(f"   made {dataset.name}@{dataset.version} in {run.seconds:.1f} s: {splits} rows of {len(dataset.schema)} columns")
    if run.fragments_known:
        print(f"     statistics and checks of {run.fragments_known} files were known from an earlier run")
    print(f"     fingerprints: dataset {dataset.fingerprint}, graph {run.graph.fingerprint}")
    if dataset.version > 1:
        first = fp.open_dataset(str(folder / "store"), f"{dataset.name}@1")
        same = "the same as" if first.fingerprint == dataset.fingerprint else "not those of"
        print(f"     {same} {first.name}@1")
    return run


def _refuse(faulty: Made) -> None:
    _title("3. A month that went wrong, held against the same contract")
    source = fp.read_csv(str(faulty.files[0]))
    engine = PandasEngine()
    try:
        report = validate({"trips": source}, load_contract(HERE / "contract.yaml"), None, engine)
    finally:
        engine.close()
    failed = [outcome for outcome in report.outcomes if outcome.status == Status.FAILED]
    for outcome in failed:
        if outcome.blocking:
            print(f"   FAILED     {outcome.rule}{_found(outcome)}")
    print(f"   FAILED     {report.counts()['not_evaluated']} rules about a column that is not there could not be judged")
    for outcome in failed:
        if not outcome.blocking:
            print(f"   set aside  {outcome.rule}{_found(outcome)}")
    print("   refused, as it should be: a run would stop here with exit code 1" if not report.ok else "   accepted, and it should not be")


def _found(outcome: Outcome) -> str:
    """How often a rule is broken, and one value that does."""
    text = f": {outcome.count:,} of {outcome.total:,} rows" if outcome.count and outcome.total else f": {outcome.message}"
    return text + (f", such as {outcome.examples[0]!r}" if outcome.examples else "")


def _serve(folder: Path, run: fp.Run) -> None:
    _title("4. Three rows served in this process, by the graph that the run left behind")
    graph = fp.open_graph(str(folder / "store"), f"{run.dataset.name}@{run.dataset.version}")
    for what, row in ROWS.items():
        print(f"   {what}")
        try:
            features = graph(row)
            print("     " + ", ".join(f"{name}={_value(features[name])}" for name in SHOWN))
        except fp.RowRejected as rejected:
            print(f"     rejected: {rejected.what}")
        why = graph.admits(row)
        print("     a training run would keep this row" if why is None else f"     a training run would leave this row out: {why}")


def _value(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value).replace(" ", "")


def _next(folder: Path, run: fp.Run) -> None:
    _title("5. Try next")
    program = Path(sys.executable).with_name("featureprep")
    call = _short(program) if program.is_file() else f"{_short(Path(sys.executable))} -m featureprep"
    job, store = _short(HERE / "job.py"), f"--store {_short(folder / 'store')}"
    source = "" if folder == FOLDER else f" --source 'trips={_short(folder)}/trips/*.csv'"
    ref, faulty = f"{run.dataset.name}@{run.dataset.version}", folder / "faulty" / "2024-07.csv"
    commands = {
        f"explain {job}{source}": "how many scans, and what forces each",
        f"stats {ref} {store}": "statistics of what was written",
        f"lineage {ref} {store} --column miles": "where a column comes from",
        f"report {ref} {store} -o {_short(folder / 'report.html')}": "the page of the run",
        f"validate {_short(faulty)} --contract {_short(HERE / 'contract.yaml')}": "the refusal in full, exit code 1",
        f"run {job} {store}{source}": "once more: after a change of the job, say; then",
        f"diff {ref} {run.dataset.name}@latest {store}": "what changed",
    }
    for command, why in commands.items():
        print(f"   {call} {command}\n      {why}")


def _title(text: str) -> None:
    print(f"\n{text}", flush=True)


def _short(path: Path) -> str:
    """The shorter of a path's spellings, absolute or from here."""
    return min(str(path), os.path.relpath(path), key=len)


if __name__ == "__main__":
    sys.exit(main())
