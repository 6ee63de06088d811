"""Makes the corpus of saved artefacts of one format version: `python -m tests.artefacts.make` from the project's root.

Run it once for a release that changes a format, into a new folder; what is committed is never made again, since the point of it is
that newer releases open what older ones have written. The jobs are copied to a folder of no particular machine first: artefacts name
the files that they come from.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from featureprep import canonical

HERE = Path(__file__).parent
FOLDER = HERE / "v2"
NEUTRAL = Path(tempfile.gettempdir()) / "featureprep-corpus"


def answers(graph: Any, rows: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """What a graph says of some rows."""
    return [{"row": row, "training": graph.training(row), "admits": graph.admits(row)} for row in rows]


def _moved(path: Path) -> ModuleType:
    """A module loaded from a copy in the neutral folder."""
    shutil.copy(path, NEUTRAL / path.name)
    spec = importlib.util.spec_from_file_location(f"corpus_{path.stem}", NEUTRAL / path.name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def make(target: Path) -> None:
    """Run two jobs and keep what they stored."""
    if target.exists():
        raise SystemExit(f"{target} exists: it is not made twice")
    target.mkdir(parents=True)
    NEUTRAL.mkdir()
    try:
        graphs, small = _moved(HERE.parent / "serving/graphs.py"), _moved(HERE / "small_job.py")
        everything = graphs.job_of_everything().run(store=str(NEUTRAL / "store"))
        shutil.copytree(NEUTRAL / f"store/everything/data/{everything.run_id}/graph", target / "graph")
        (target / "answers.json").write_text(canonical.dumps(answers(everything.graph, graphs.ROWS)) + "\n", encoding="utf-8")
        run = small.small_job(NEUTRAL).run(store=str(NEUTRAL / "small"))
        for part in ("small/log", "small/data", "_state"):
            shutil.copytree(NEUTRAL / "small" / part, target / "store" / part)
        shutil.copy(NEUTRAL / "main.csv", target / "main.csv")
        facts = {"everything": everything.graph.fingerprint, "dataset": run.dataset.fingerprint, "graph": run.graph.fingerprint}
        facts |= {"splits": dict(run.dataset.splits), "rows": run.ledger.rows(), "states": run.fragments_read}
        (target / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    finally:
        shutil.rmtree(NEUTRAL)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
