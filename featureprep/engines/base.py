"""What an engine is: five verbs over partitions of opaque items. Nothing here, or in any engine, knows what an item means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from types import FunctionType
from typing import Any, ClassVar, Protocol

from featureprep.errors import RequestError

MapFunction = Callable[[int, Iterator[Any]], Iterable[Any]]
"""(number of the partition, its items) -> items."""
VERBS = ("scan", "map", "fold", "exchange", "write")
FAN_IN = 8
"""States that one task of a fold's tree merges, in engines that make one."""


class Merger(Protocol):
    """How `fold` combines items: associative and commutative."""

    def init(self) -> Any: ...

    def update(self, state: Any, item: Any) -> Any: ...

    def merge(self, a: Any, b: Any) -> Any: ...


class Engine(ABC):
    """Parallelism, shuffling and fault tolerance. The handle that `scan`, `map` and `exchange` return is the engine's own.

    An engine that lacks a verb raises NotImplementedError in it, with the reason: its caller gets a RequestError that says so.
    """

    name: ClassVar[str]
    in_process: ClassVar[bool] = False
    """Whether functions run in this process, so that they can count for it. Others are given functions that pack themselves when they are
    pickled (`featureprep.run.shipping`): by cloudpickle, or anything that knows its registry."""
    gaps: ClassVar[Mapping[str, str]] = {}
    """What it lacks of `featureprep.engines.support.FEATURES`, each with the reason. The suite expects just these to fail, and the support
    table in the docs is made of them."""
    verbs: ClassVar[Mapping[str, str]] = {}
    """What the verbs are in the engine's own terms, for `explain`."""
    progress: Callable[[str, int, int], None] | None = None
    """Called with (label, partitions done, partitions in all) while a verb runs: first with (label, 0, n), before anything is done."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for verb in VERBS:
            if isinstance(own := vars(cls).get(verb), FunctionType):
                setattr(cls, verb, _told_if_lacking(own))

    def start(self) -> None:  # noqa: B027  (an engine of this process has nothing to reach)
        """Reach the cluster, or make one; called before anything of a run is written, and again by the next run. `close` gives it back.

        Raises
        ------
        WorldError
            Where it cannot be reached, or its workers have another Python or other packages than this process.
        """

    def workers_here(self) -> int:
        """Worker processes on this machine, as this user, where there are no others; else 0. They may hand each other files."""
        return 0

    @abstractmethod
    def scan(self, partitions: Sequence[Sequence[Any]]) -> Any:
        """Partitions of descriptors (of fragments, say)."""

    @abstractmethod
    def map(self, batches: Any, function: MapFunction) -> Any:
        """Each partition's items through a function; lazy."""

    @abstractmethod
    def fold(self, batches: Any, merger: Merger, label: str = "") -> Any:
        """All items of all partitions combined into one state."""

    @abstractmethod
    def exchange(self, batches: Any, buckets: int, label: str = "") -> Any:
        """Items (bucket number, bytes) brought together: partition i holds the bytes of bucket i, in no particular order.

        At once or when they are read; what a function before it raises is raised by then.
        """

    @abstractmethod
    def write(self, batches: Any, sink: MapFunction, label: str = "") -> list[list[Any]]:
        """Run `sink` over every partition, and return what it yields, by partition."""

    @abstractmethod
    def close(self) -> None:
        """Give back threads, temporary files, connections."""


def _told_if_lacking(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb whose own NotImplementedError is a RequestError; one that a function raises which it was given passes as it is."""

    @wraps(verb)
    def told(self: Engine, *args: Any, **kwargs: Any) -> Any:
        try:
            return verb(self, *args, **kwargs)
        except NotImplementedError as error:
            lacking = _lacking(self, error)
            if lacking is None:
                raise
            hint = str(error) or "run the job on another engine, or leave out the step that needs it"
            raise RequestError(f"{self.name} has no {lacking}", where="engine", hint=hint) from error

    return told


def _lacking(engine: Engine, error: BaseException) -> str | None:
    """The verb of the engine in whose own body an error was raised, None where it comes from anywhere else."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None:
        return None
    code = at.tb_frame.f_code
    own = code.co_argcount > 0 and at.tb_frame.f_locals.get(code.co_varnames[0]) is engine
    return code.co_name if own and code.co_name in VERBS else None
