"""What runs in Beam's workers: a partition's items through the functions of a pass, and its end in a state, blobs or results.

Errors travel as values, in files of the folder, so that the driver raises them as they were raised; the runner sees none of them and has
nothing to retry.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import apache_beam as beam
import cloudpickle
from apache_beam import coders

from featureprep.engines.base import MapFunction
from featureprep.engines.beam.folder import BEGUN, CODE, FAILED, FOLDED, MADE, SENT, SHARED, Folder, Place
from featureprep.engines.beam.watch import machine
from featureprep.engines.carried import Carried, out_of_memory
from featureprep.engines.versions import differences, versions
from featureprep.errors import WorldError

MERGING = 1 << 62
"""Stands for a partition's number where states merge."""


@dataclass(frozen=True)
class Pass:
    """One pass over partitions: functions that items go through, and what it ends in (a sink, a merger, None). They lie in the folder, for
    Beam would compress them with every step of the pipeline, and a service limits how large a pipeline may be.

    Attributes
    ----------
    folder : Folder
    depth : int
        How many exchanges come before.
    versions : dict of str to str
        Of the driver.
    driver : tuple of str and int
        Its machine and process id.
    """

    folder: Folder
    depth: int
    versions: dict[str, str]
    driver: tuple[str, int]

    @classmethod
    def of(cls, functions: tuple[MapFunction, ...], last: Any, folder: Folder, depth: int) -> Self:
        """The only pass of that depth in a pipeline."""
        folder.put(CODE, (depth, 0), (functions, last))
        return cls(folder, depth, versions(), (machine(), os.getpid()))

    def begin(self, number: int) -> None:
        """Say which process works on a partition, where the driver can see what becomes of it."""
        if self.driver[0] == machine() and self.driver[1] != os.getpid():
            self.folder.put(BEGUN, (self.depth, number), os.getpid())

    def load(self) -> tuple[tuple[MapFunction, ...], Any]:
        """The functions and the end.

        Raises
        ------
        WorldError
            This worker has other versions than the driver, or does not see the folder.
        """
        other = [f"{name} {driver} and {worker}" for name, driver, worker in differences(self.versions, versions())]
        if other:
            raise WorldError(
                f"the driver and a worker have different versions: {', '.join(other)}",
                where="beam",
                hint="give the workers the driver's packages: an image or an environment made from the same list",
            )
        try:
            loaded: tuple[tuple[MapFunction, ...], Any] = self.folder.get(self.folder.found(CODE)[self.depth, 0])
        except LookupError:
            raise WorldError("a worker does not see what the driver has laid down for it", where=self.folder.path, hint=SHARED) from None
        return loaded

    def fail(self, number: int, error: BaseException) -> None:
        """Leave an error for the driver."""
        leave(self.folder, (self.depth, number), error)


def leave(folder: Folder, place: Place, error: BaseException) -> None:
    """Leave an error for the driver."""
    if isinstance(error, MemoryError):
        error = out_of_memory("beam")
    folder.put(FAILED, place, Carried.of(error))


class Work(beam.DoFn, ABC):  # type: ignore[misc]
    """A pass over partitions; subclasses say what it ends in.

    Elements are (number, pickled descriptors) or, after an exchange, (number, blobs that met, None among them).
    """

    def __init__(self, the_pass: Pass) -> None:
        self.the_pass = the_pass
        self._loaded: tuple[tuple[MapFunction, ...], Any] | None = None

    def process(self, element: tuple[int, Any]) -> Iterator[Any]:
        number, given = element
        if self.the_pass.folder.failed_before((self.the_pass.depth, number)):
            return
        self.the_pass.begin(number)
        try:
            if self._loaded is None:  # once a worker: what functions have bound serves its later partitions too
                self._loaded = self.the_pass.load()
            functions, last = self._loaded
            items = iter(cloudpickle.loads(given)) if isinstance(given, bytes) else (blob for blob in given if blob is not None)
            for function in functions:
                items = iter(function(number, items))
            yield from self.end(last, number, items)
        except Exception as error:  # noqa: BLE001  (the driver raises it)
            self.the_pass.fail(number, error)

    @abstractmethod
    def end(self, last: Any, number: int, items: Iterator[Any]) -> Iterator[Any]:
        """What a partition gives."""


class Send(Work):
    """Ends in (bucket, blob)."""

    def end(self, last: Any, number: int, items: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes | None]]:
        for bucket, blob in items:
            yield int(bucket), bytes(blob)
        self.the_pass.folder.put(SENT, (self.the_pass.depth, number))


class Make(Work):
    """Ends in a file with all that the sink yields."""

    def end(self, last: Any, number: int, items: Iterator[Any]) -> Iterator[Any]:
        self.the_pass.folder.put(MADE, (self.the_pass.depth, number), list(last(number, items)))
        return iter(())


@dataclass
class State:
    """A fold's state on its way. `empty`: nothing was folded yet."""

    value: Any = None
    empty: bool = True


class StateCoder(coders.Coder):  # type: ignore[misc]
    """States between workers; never stored, never a key."""

    def encode(self, value: State) -> bytes:
        made: bytes = cloudpickle.dumps(value)
        return made

    def decode(self, encoded: bytes) -> State:
        found: State = cloudpickle.loads(encoded)
        return found

    def is_deterministic(self) -> bool:
        return False


coders.registry.register_coder(State, StateCoder)


class Fold(Work):
    """Ends in a partition's state."""

    def end(self, last: Any, number: int, items: Iterator[Any]) -> Iterator[State]:
        state = last.init()
        for item in items:
            state = last.update(state, item)
        self.the_pass.folder.put(FOLDED, (self.the_pass.depth, number))
        yield State(state, empty=False)


class Merge(beam.CombineFn):  # type: ignore[misc]
    """States as one. An error is left for the driver too; the state that comes out then is not read."""

    def __init__(self, the_pass: Pass) -> None:
        self.the_pass = the_pass
        self._merger: Any = None

    def create_accumulator(self, *args: Any, **kwargs: Any) -> State:
        return State()

    def add_input(self, mutable_accumulator: State, element: State, *args: Any, **kwargs: Any) -> State:
        if mutable_accumulator.empty or element.empty:
            return element if mutable_accumulator.empty else mutable_accumulator
        try:
            if self._merger is None:
                _, self._merger = self.the_pass.load()
            return State(self._merger.merge(mutable_accumulator.value, element.value), empty=False)
        except Exception as error:  # noqa: BLE001  (the driver raises it)
            self.the_pass.fail(MERGING, error)
            return State()

    def merge_accumulators(self, accumulators: Iterable[State], *args: Any, **kwargs: Any) -> State:
        total = State()
        for state in accumulators:
            total = self.add_input(total, state)
        return total

    def extract_output(self, accumulator: State, *args: Any, **kwargs: Any) -> State:
        return accumulator

    def get_accumulator_coder(self) -> StateCoder:
        return StateCoder()


class Keep(beam.DoFn):  # type: ignore[misc]
    """Leaves the merged state for the driver."""

    def __init__(self, the_pass: Pass, kind: str) -> None:
        self.the_pass = the_pass
        self.kind = kind

    def process(self, element: State) -> None:
        self.the_pass.folder.put(self.kind, (self.the_pass.depth, MERGING), element)
