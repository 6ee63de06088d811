"""Files as streams of bytes: any fsspec URL, decompressed, and for text turned into UTF-8, in blocks of bounded size."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from featureprep.cures import cure
from featureprep.errors import FeatureprepError, MissingExtraError, ParseError, RequestError, WorldError

BLOCK = 1 << 20
"""Bytes read at once. Text of one block, its cells and offsets stay within a few MiB."""

MAX_RECORD = 1 << 26
"""A longer record (64 MiB) is refused: it is nearly always an unclosed quote, and memory must stay bounded."""

COMPRESSIONS = {"gzip": (".gz", ".gzip"), "bz2": (".bz2",), "xz": (".xz",), "zstd": (".zst", ".zstd")}

_XZ_MEMORY = 1 << 28  # a hostile header may ask for 4 GiB
_DRIVERS = frozenset("adlfs aiobotocore aiohttp azure botocore fsspec gcsfs google requests s3fs urllib3".split())
"""Packages whose exceptions are of the network or a store: they are known by their modules, and not imported for it."""
_UTF8 = {"utf-8", "ascii"}
_UNDECODABLE = "featureprep.undecodable"


def _mark(error: UnicodeError) -> tuple[str, int]:
    # a lone surrogate has no UTF-8 spelling, so the record that holds it fails the one check made for all encodings
    return "\udcff", error.end if isinstance(error, UnicodeDecodeError) else 0


codecs.register_error(_UNDECODABLE, _mark)


def filesystem(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The fsspec file system of a URL or local path, and the path within it.

    Raises
    ------
    RequestError
        For a protocol that fsspec does not know, or options that it refuses.
    MissingExtraError
        When the package behind the protocol is not installed.
    """
    from fsspec.core import url_to_fs

    try:
        fs, path = url_to_fs(url, **dict(options.get("storage_options") or {}))
    except ImportError as error:
        if url.startswith(("s3://", "s3a://")):
            raise MissingExtraError.of("s3", f"reading {url}") from error
        raise RequestError(f"reading {url} needs a package that is not installed: {error}", where=url) from error
    except (ValueError, TypeError) as error:
        raise RequestError(f"{url!r} cannot be opened: {error}", hint="give a path or an fsspec URL, such as s3://bucket/key") from error
    return fs, str(path)


@contextmanager
def world_errors(url: str) -> Iterator[None]:
    """Turn the errors of a file system, and of the driver behind it, into `WorldError`s that name the file.

    Decoders' own OSErrors, without errno, pass.
    """
    try:
        yield
    except FeatureprepError:
        raise
    except OSError as error:
        if (error.errno is None and type(error) is OSError) or isinstance(error, gzip.BadGzipFile):
            raise
        reason = error.strerror or str(error) or type(error).__name__
        raise WorldError(f"the file cannot be read: {reason}", where=url, hint=cure(error)) from error
    except Exception as error:
        if not any(cls.__module__.partition(".")[0] in _DRIVERS for cls in type(error).__mro__):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise WorldError(f"the file cannot be read: {reason[:500]}", where=url, hint=cure(error)) from error


@contextmanager
def open_raw(url: str, options: Mapping[str, Any]) -> Iterator[Any]:
    """The file's stored bytes as a binary file object."""
    fs, path = filesystem(url, options)
    with world_errors(url), fs.open(path, "rb") as file:
        yield file


@contextmanager
def open_seekable(url: str, options: Mapping[str, Any]) -> Iterator[Any]:
    """The file's stored bytes for a reader of Arrow's, a Python file object or a local `pyarrow.NativeFile`.

    Arrow asks for the interpreter at each read of a Python file, and waits for as long as another thread has it.
    """
    from fsspec.implementations.local import LocalFileSystem

    fs, path = filesystem(url, options)
    with world_errors(url), fs.open(path, "rb") as file:
        if isinstance(fs, LocalFileSystem):
            with pa.OSFile(path) as own:
                yield own
        else:
            yield file


def compression_of(url: str, options: Mapping[str, Any]) -> str | None:
    """The named compression, or that of the file's suffix."""
    named = options.get("compression", "infer")
    if named != "infer":
        return named  # type: ignore[no-any-return]
    lowered = url.lower()
    return next((name for name, suffixes in COMPRESSIONS.items() if lowered.endswith(suffixes)), None)


def is_plain(url: str, options: Mapping[str, Any]) -> bool:
    """Whether the stored bytes are the UTF-8 text itself, so that the file can be cut by offsets."""
    return compression_of(url, options) is None and encoding_of(options) in _UTF8


def encoding_of(options: Mapping[str, Any]) -> str:
    """The codec's own name of the encoding."""
    return codecs.lookup(str(options.get("encoding", "utf-8"))).name


def stored_blocks(url: str, options: Mapping[str, Any], start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The file's stored bytes [start, stop)."""
    with open_raw(url, options) as file:
        if start:
            file.seek(start)
        left = stop - start if stop is not None else None
        while left is None or left > 0:
            block = file.read(BLOCK if left is None else min(BLOCK, left))
            if not block:
                break
            if left is not None:
                left -= len(block)
            yield block


def text_blocks(url: str, options: Mapping[str, Any], start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The file's text as UTF-8, [start, stop) where the file is plain.

    Undecodable bytes of another encoding come out as bytes that are not UTF-8 either.

    Raises
    ------
    ParseError
        For compressed data that is damaged or ends too early.
    """
    if is_plain(url, options):
        yield from stored_blocks(url, options, start, stop)
        return
    blocks = _decompressed(url, options)
    encoding = encoding_of(options)
    if encoding in _UTF8:
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)(_UNDECODABLE)
    for block in blocks:
        text = decoder.decode(block)
        if text:
            yield text.encode("utf-8", "surrogatepass")
    rest = decoder.decode(b"", True)
    if rest:
        yield rest.encode("utf-8", "surrogatepass")


def _decompressed(url: str, options: Mapping[str, Any]) -> Iterator[bytes]:
    compression = compression_of(url, options)
    if compression is None:
        yield from stored_blocks(url, options)
        return
    try:
        if compression == "xz":
            yield from _unxz(url, options)
            return
        with open_raw(url, options) as raw, _decompressor(compression, raw) as stream:
            while block := stream.read(BLOCK):
                yield bytes(block)
    except FeatureprepError:
        raise
    except (EOFError, OSError, zlib.error, lzma.LZMAError, pa.ArrowInvalid) as error:
        hint = "the file may have been cut in transfer, or its suffix names another compression: give compression="
        raise ParseError(f"the {compression} data is damaged or ends too early: {error}", where=url, hint=hint) from error


def _decompressor(compression: str, raw: Any) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if compression == "bz2":
        return bz2.BZ2File(raw)
    return pa.CompressedInputStream(pa.PythonFile(raw), "zstd")


def _unxz(url: str, options: Mapping[str, Any]) -> Iterator[bytes]:
    decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    fresh = True
    for block in stored_blocks(url, options):
        data = block
        while data or not decoder.needs_input:
            if decoder.eof:
                data = decoder.unused_data + data if fresh else data
                decoder, fresh = lzma.LZMADecompressor(memlimit=_XZ_MEMORY), True
            out = decoder.decompress(data, BLOCK)
            data, fresh = b"", False
            if decoder.eof:
                data = decoder.unused_data
            if out:
                yield out
            if decoder.eof and not data:
                break
    if not decoder.eof:
        raise EOFError("no end-of-stream marker")
