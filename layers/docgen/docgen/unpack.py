"""What is in a packed body? Unpacked piece by piece, never more than asked for."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from docgen.errors import NoUsableContent

if TYPE_CHECKING:
    from collections.abc import Callable

GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
RAW_DEFLATE = -zlib.MAX_WBITS


class BodyRefused(NoUsableContent):
    """The answer is larger than allowed, or packed in a way that is not."""

    def __init__(self, message: str, *, reason: str) -> None:
        """Take the message, and the reason as the list of skipped pages will have it."""
        super().__init__(message)
        self.reason = reason


def too_large(most_bytes: int) -> BodyRefused:
    """Make the error for a body of more than so many bytes."""
    mib = most_bytes / 1024 / 1024
    return BodyRefused(f"The page is larger than {mib:g} MiB.", reason="too_large")


def unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Give a function that unpacks the next chunk, to so many bytes at most."""
    match encoding.strip().lower():
        case "" | "identity":
            return lambda chunk, most: chunk[:most]
        case "gzip" | "x-gzip" | "deflate":
            return Inflater()
        case _:
            # Two codings on top of each other multiply, and nobody needs them.
            raise BodyRefused("The answer is packed in an unknown way.", reason="bad_encoding")


class Inflater:
    """Unpacks gzip, zlib and bare deflate, never more than asked for."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(GZIP_OR_ZLIB)
        self._has_begun = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        """Unpack the next chunk, to `most` bytes at most."""
        try:
            return self._unpack(chunk, most)
        except zlib.error as exc:
            raise BodyRefused("The answer cannot be unpacked.", reason="bad_encoding") from exc

    def _unpack(self, chunk: bytes, most: int) -> bytes:
        try:
            unpacked = self._inflate.decompress(self._inflate.unconsumed_tail + chunk, most)
        except zlib.error:
            if self._has_begun:
                raise
            self._inflate = zlib.decompressobj(RAW_DEFLATE)
            unpacked = self._inflate.decompress(chunk, most)
        self._has_begun = True
        while self._inflate.eof and self._inflate.unused_data and len(unpacked) < most:
            rest = self._inflate.unused_data
            if not rest.startswith(b"\x1f\x8b"):
                break  # padding after the last member
            self._inflate = zlib.decompressobj(GZIP_OR_ZLIB)
            unpacked += self._inflate.decompress(rest, most - len(unpacked))
        return unpacked
