"""Does this store really have a conditional create? `race` lets writers race for the same names and counts who won.

Threads of this process and of others create the same object at the same moment, again and again. In every round exactly
one must win, and the object must hold what the winner wrote.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featureprep.errors import ArgumentError, StoreError
from featureprep.store import paths
from featureprep.store.objects import ObjectStore

_START_UP = 3.0
"""Seconds that a process gets to start before the first round."""


@dataclass(frozen=True)
class RaceReport:
    """What `race` saw.

    Attributes
    ----------
    rounds, writers, processes : int
    several_winners : int
        Rounds that more than one writer won: the store has no conditional create.
    no_winner : int
        Rounds that nobody won.
    wrong_bytes : int
        Rounds whose object holds something else than its winner wrote.
    seconds : float
    """

    rounds: int
    writers: int
    processes: int
    several_winners: int
    no_winner: int
    wrong_bytes: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the store can be trusted with commits."""
        return self.several_winners == self.no_winner == self.wrong_bytes == 0


def race(store: ObjectStore, writers: int = 8, rounds: int = 50, processes: int = 2) -> RaceReport:
    """Race `writers` for `rounds` names, spread over `processes` (this one counted; memory stores live in one).

    Raises
    ------
    ArgumentError
        For fewer than 2 writers, or no round.
    StoreError
        When the store fails, or a process of the race does.
    """
    if writers < 2 or rounds < 1 or processes < 1:
        raise ArgumentError(f"a race needs 2 writers and 1 round at least, not {writers} and {rounds}")
    processes = 1 if store.url.startswith("memory:") else min(processes, writers)
    run_id = f"r-probe-{secrets.token_hex(8)}"
    began = time.monotonic()
    # clocks of one machine agree, so the moment of each round is agreed beforehand
    start, interval = time.time() + (_START_UP if processes > 1 else 0.05), 0.005 if store.is_local else 0.04
    shares = [writers // processes + (i < writers % processes) for i in range(processes)]
    task = {"run_id": run_id, "rounds": rounds, "start": start, "interval": interval}
    others = [_spawn(store, {**task, "first": sum(shares[:i]), "writers": shares[i]}) for i in range(1, processes)]
    try:
        wins = _run(store, {**task, "first": 0, "writers": shares[0]})
        for process in others:
            wins += _answer(process)
        return _judge(store, run_id, wins, rounds, writers, processes, time.monotonic() - began)
    finally:
        for process in others:
            process.kill()
            process.communicate()
        for entry in store.list(paths.staging(run_id)):
            store.delete(entry.path)


def _name(run_id: str, turn: int) -> str:
    return f"{paths.staging(run_id)}/race/{turn:06d}"


def _run(store: ObjectStore, task: Mapping[str, Any]) -> list[list[int]]:
    """[round, writer] of every win of this process's writers."""
    wins: list[list[int]] = []
    failures: list[StoreError] = []

    def write(writer: int) -> None:
        try:
            for turn in range(task["rounds"]):
                time.sleep(max(0.0, task["start"] + turn * task["interval"] - time.time()))
                if store.create(_name(task["run_id"], turn), str(writer).encode(), durable=False):
                    wins.append([turn, writer])
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(task["first"] + i,)) for i in range(task["writers"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return wins


def _spawn(store: ObjectStore, task: Mapping[str, Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "featureprep.store.probe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    url, options = store.address
    try:
        order = json.dumps({**task, "url": url, "options": dict(options)})
    except TypeError as error:
        process.kill()
        process.communicate()
        raise ArgumentError("storage options that are no JSON values cannot be given to other processes; use processes=1") from error
    if process.stdin is not None:
        # by standard input: options may be secret, and arguments can be seen by all
        process.stdin.write(order + "\n")
        process.stdin.flush()
    return process


def _answer(process: subprocess.Popen[str]) -> list[list[int]]:
    answer, _ = process.communicate()
    if process.returncode != 0:
        raise StoreError("a process of the race failed; the race in one process alone (processes=1) may say more")
    wins: list[list[int]] = json.loads(answer)
    return wins


def _judge(store: ObjectStore, run_id: str, wins: list[list[int]], rounds: int, writers: int, processes: int, seconds: float) -> RaceReport:
    winners: dict[int, list[int]] = {turn: [] for turn in range(rounds)}
    for turn, writer in wins:
        winners[turn].append(writer)
    wrong = sum(store.find(_name(run_id, turn)) not in [str(w).encode() for w in won] for turn, won in winners.items() if won)
    several = sum(len(won) > 1 for won in winners.values())
    return RaceReport(rounds, writers, processes, several, sum(not won for won in winners.values()), wrong, seconds)


def main() -> None:
    """One other process of a race: its order on standard input, its wins on standard output."""
    task = json.loads(sys.stdin.readline())
    store = ObjectStore.open(task["url"], **task["options"])
    sys.stdout.write(json.dumps(_run(store, task)))


if __name__ == "__main__":
    main()
