"""The cache of fold states: `_state/<2 hex>/<digest>`, by the digest of everything that a state depends on.

A stored state is a header of 64 bytes (magic, length, XXH3-128 of the payload, the key's first 32 bytes), then the payload,
so mapped payloads are aligned for NumPy and Arrow. Nothing here is trusted: a state that is truncated, altered or lies
under another key counts as absent. It is deleted then, because put-if-absent could not replace it. Two processes that
meet a broken state may delete a good one that one of them has just put in its place: it is computed again, no more.

States only save work. So a store that does not take one (a full disk, a folder without rights) ends no run: from then on the cache
keeps nothing, and leaves the room to what the run is for.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import xxhash

from featureprep.errors import StoreError
from featureprep.store import paths
from featureprep.store.objects import ObjectNotFoundError, ObjectStore

_HEADER = struct.Struct("<8sQ16s32s")
_MAGIC = b"FPSTATE1"


@dataclass(frozen=True)
class StateCache:
    """Fold states of one store. A key is hex of 16 bytes or more, as `canonical.digest` makes it.

    Attributes
    ----------
    trouble : list of str
        Why states are not kept any more, in this process; empty while they are.
    """

    store: ObjectStore
    trouble: list[str] = field(default_factory=list, compare=False, repr=False)

    def get(self, key: str, *, trusted: bool = False) -> memoryview | None:
        """The state's bytes (mapped where the store is local), or None: absent or broken.

        `trusted`: it was put just now, so its digest is not looked at. Neither way puts a mapped state's pages into this process's memory.
        """
        path = paths.state(key)
        digest = xxhash.xxh3_128()
        seen = 0

        def look(block: memoryview) -> None:
            nonlocal seen
            digest.update(block[max(_HEADER.size - seen, 0) :])
            seen += len(block)

        try:
            whole = self.store.open_local(path, None if trusted else look)
            size = len(whole) - _HEADER.size
            if size >= 0 and (trusted or bytes(whole[: _HEADER.size]) == _header(key, size, digest.digest())):
                return whole[_HEADER.size :]
        except ObjectNotFoundError:
            return None
        try:
            self.store.delete(path)
        except StoreError:  # a store that cannot be written: the state stays broken, and absent
            return None
        return None

    def put(self, key: str, data: bytes | bytearray | memoryview) -> bool:
        """Keep a state; False when there was one already, or the store does not take it.

        It need not survive a power cut, so it is not forced to disk.
        """
        if self.trouble:
            return False
        payload = memoryview(data).cast("B")
        header = _header(key, len(payload), xxhash.xxh3_128_digest(payload))
        try:
            return self.store.create(paths.state(key), header, payload, durable=False)
        except StoreError as error:
            if not self.trouble:  # another thread may have met it as well
                self.trouble.append(f"{error.where}: {error.what}" if error.where else error.what)
            return False


def _header(key: str, size: int, digest: bytes) -> bytes:
    return _HEADER.pack(_MAGIC, size, digest, bytes.fromhex(key[:64]).ljust(32, b"\0"))
