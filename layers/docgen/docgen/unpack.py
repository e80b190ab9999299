"""What is in a packed body? Unpacked piece by piece, never more than asked for."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from docgen.errors import NoUsableContent

if TYPE_CHECKING:
    from collections.abc import Callable

GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
RAW_DEFLATE = -zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"
SLICE = 4096  # bytes unpacked at once
MOST_MEMBERS = 10_000  # of one gzip file; blocked gzip has one for each 64 KiB


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
        case "" | "identity" | "none" | "utf-8" | "utf8" | "aws-chunked":  # no packings at all
            return lambda chunk, most: chunk[:most]
        case "gzip" | "x-gzip" | "deflate":
            return Inflater()
        case _:
            # Two codings on top of each other multiply, and nobody needs them.
            raise BodyRefused("The answer is packed in an unknown way.", reason="bad_encoding")


class Inflater:
    """Unpacks gzip, zlib and bare deflate, never more than asked for.

    A gzip file may have members behind one another. Each one costs a copy of what is left of the
    slice it lies in, hence the small slices and the bound on their number: a million empty ones
    would take hours.
    """

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(GZIP_OR_ZLIB)
        self._has_begun = False
        self._members = 1
        self._is_over = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        """Unpack the next chunk, to `most` bytes at most; what goes beyond is lost."""
        unpacked = bytearray()
        try:
            for at in range(0, len(chunk), SLICE):
                if self._is_over or len(unpacked) >= most:
                    break
                self._unpack(chunk[at : at + SLICE], most, unpacked)
        except zlib.error as exc:
            raise BodyRefused("The answer cannot be unpacked.", reason="bad_encoding") from exc
        return bytes(unpacked)

    def _unpack(self, packed: bytes, most: int, unpacked: bytearray) -> None:
        try:
            unpacked += self._inflate.decompress(packed, most - len(unpacked))
        except zlib.error:
            if self._has_begun:
                raise
            self._inflate = zlib.decompressobj(RAW_DEFLATE)
            unpacked += self._inflate.decompress(packed, most - len(unpacked))
        self._has_begun = True
        while self._inflate.eof and len(unpacked) < most:
            rest = self._inflate.unused_data
            if not rest:
                return  # the next member, if any, begins with the next slice
            if not GZIP_MAGIC.startswith(rest[:2]):
                self._is_over = True  # padding after the last member
                return
            self._members += 1
            if self._members > MOST_MEMBERS:
                raise BodyRefused("The answer cannot be unpacked.", reason="bad_encoding")
            self._inflate = zlib.decompressobj(GZIP_OR_ZLIB)
            unpacked += self._inflate.decompress(rest, most - len(unpacked))
