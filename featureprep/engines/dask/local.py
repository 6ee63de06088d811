"""A cluster on this machine, in processes of its own: `python -m featureprep.engines.dask.local WORKERS [MEMORY]`.

It prints the scheduler's address, and ends when its standard input does: when the engine closes it, and also when the process that
started it is killed. A process of its own, for worker processes import the main module of the one that starts them: a script without
`if __name__ == "__main__":` would run again in each of them. And what a cluster says while it comes and goes stays off the user's terminal.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from featureprep.errors import WorldError

START = 120.0
"""Seconds in which the cluster has to start."""
CONNECT = 15.0
"""Seconds in which one of its processes has to answer another."""
STOP = 15.0
"""Seconds in which it has to stop; then it is killed."""
REPLACE = 2.0
"""Seconds after which workers that have been given up are replaced."""
SETTINGS = {
    "distributed.deploy.lost-worker-timeout": "10s",
    # idle processes tick fifty times a second otherwise
    "distributed.admin.tick.interval": "500ms",
    "distributed.worker.memory.monitor-interval": "250ms",
    # a scheduler that fetches a result from a worker that was killed tries for as long before it has it made again
    "distributed.comm.timeouts.connect": CONNECT,
    "distributed.worker.profile.enabled": False,
    # before the first task: its thread and the one that unpickles frames would each import half of it, and wait for each other's half
    "distributed.worker.preload": ["pandas"],
    # without Dask's MALLOC_TRIM_THRESHOLD_: with it workers give freed memory back at once, and spend as much time in getting it again as at work
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}


@contextmanager
def local_cluster(workers: int, memory: str | None) -> Iterator[str]:
    """The address of a scheduler with so many workers, which lives as long as the context.

    Raises
    ------
    WorldError
        When it does not start.
    """
    command = [sys.executable, "-m", __name__, str(workers), *([memory] if memory else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603  (our own module)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment, start_new_session=True
        ) as process,
    ):
        try:
            yield _address(process, said)
        finally:
            _stop(process)


def _address(process: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
    ready, _, _ = select.select([process.stdout], [], [], START)
    address = process.stdout.readline().decode().strip() if ready else ""
    if not address:
        said.seek(0)
        last = said.read().decode(errors="replace").strip().splitlines()
        raise WorldError(f"the local Dask cluster did not start: {last[-1] if last else f'nothing in {START:.0f} seconds'}", where="dask")
    return address


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP)
    with contextlib.suppress(ProcessLookupError):  # whatever is left of its group
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main(arguments: list[str]) -> None:
    """Run the cluster until standard input ends."""
    import dask
    import distributed

    workers, memory = int(arguments[0]), arguments[1] if len(arguments) > 1 else "auto"
    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=memory,
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):  # fmt: skip
        print(cluster.scheduler_address, flush=True)  # noqa: T201  (what it is for)
        while not select.select([sys.stdin], [], [], REPLACE)[0]:
            # a nanny whose process dies while it starts gives up; after `lost-worker-timeout` the cluster forgets it, and this makes another
            cluster.scale(workers)


if __name__ == "__main__":
    main(sys.argv[1:])
