"""Blobs by bucket, in memory up to a limit and beyond it in a file without a name, which the system removes whatever happens."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from threading import Lock
from types import TracebackType
from typing import IO, Self

from featureprep.errors import ArgumentError, StoreError


class SpillBuckets:
    """Collects blobs from many threads and gives them back by bucket, as often as asked.

    Parameters
    ----------
    directory : str
        Where the file is made when it is needed; must exist then.
    n_buckets : int
    memory_limit : int
        Bytes of blobs held in memory; 0 writes all.
    """

    def __init__(self, directory: str, n_buckets: int, memory_limit: int) -> None:
        if n_buckets < 1:
            raise ArgumentError.of("n_buckets", "SpillBuckets", "at least 1", n_buckets)
        if memory_limit < 0:
            raise ArgumentError.of("memory_limit", "SpillBuckets", "at least 0 bytes", memory_limit)
        self.directory = directory
        self.n_buckets = n_buckets
        self.memory_limit = memory_limit
        self.memory_bytes = 0
        self.spilled_bytes = 0
        self._lock = Lock()
        self._held: dict[int, list[bytes]] = {}
        self._written: dict[int, list[tuple[int, int]]] = {}
        self._file: IO[bytes] | None = None
        self._closed = False

    def append(self, bucket: int, blob: bytes) -> None:
        """Keep a blob.

        Raises
        ------
        ArgumentError
            For a bucket outside [0, n_buckets).
        StoreError
            When the disk cannot take what is beyond the limit.
        """
        self._check(bucket)
        with self._lock:
            self._held.setdefault(bucket, []).append(blob)
            self.memory_bytes += len(blob)
            if self.memory_bytes > self.memory_limit:
                self._spill()

    def read(self, bucket: int) -> Iterator[bytes]:
        """The blobs of a bucket that were appended before this call."""
        self._check(bucket)
        with self._lock:
            held = list(self._held.get(bucket, ()))
            places = list(self._written.get(bucket, ()))
            file = self._file
        return self._read(file, places, held)

    def close(self) -> None:
        """Forget all blobs and remove the file."""
        with self._lock:
            self._closed = True
            self._held.clear()
            self._written.clear()
            self.memory_bytes = 0
            if self._file is not None:
                self._file.close()
                self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        file = getattr(self, "_file", None)  # __init__ may have refused its arguments
        if file is not None:
            file.close()

    def _check(self, bucket: int) -> None:
        if self._closed:
            raise ArgumentError("these buckets are closed")
        if not 0 <= bucket < self.n_buckets:
            raise ArgumentError.of("bucket", "SpillBuckets", f"in [0, {self.n_buckets})", bucket)

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self.directory, prefix="exchange-")  # noqa: SIM115  (closed by close)
            self._file.seek(0, os.SEEK_END)
            at = self._file.tell()
            placed: dict[int, list[tuple[int, int]]] = {}
            for bucket in sorted(self._held):
                for blob in self._held[bucket]:
                    self._file.write(blob)
                    placed.setdefault(bucket, []).append((at, len(blob)))
                    at += len(blob)
            self._file.flush()
        except OSError as error:
            raise StoreError(
                f"the rows of an exchange cannot be written: {error}",
                where=self.directory,
                hint="free space there, choose another staging directory, or raise the memory limit",
            ) from error
        for bucket, places in placed.items():
            self._written.setdefault(bucket, []).extend(places)
        self.spilled_bytes += self.memory_bytes
        self.memory_bytes = 0
        self._held.clear()

    def _read(self, file: IO[bytes] | None, places: list[tuple[int, int]], held: list[bytes]) -> Iterator[bytes]:
        for at, size in places:
            if file is None or file.closed:
                raise ArgumentError("these buckets are closed")
            blob = b""
            while len(blob) < size:  # one read gives at most 2 GiB
                part = os.pread(file.fileno(), size - len(blob), at + len(blob))
                if not part:
                    raise StoreError("the spilled rows of an exchange are shorter than they were written", where=self.directory)
                blob = blob + part if blob else part
            yield blob
        yield from held
