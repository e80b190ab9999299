"""`make generate`: the engine on the command line, with a display that moves."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from docgen.engine import Progress, Result, generate
from docgen.errors import AddressRefused, GenerateError
from docgen.options import DEFAULT_FORMATS, FORMATS, Limits, Options
from docgen.writers import BUNDLE, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130  # 2, as argparse has it
GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291, section 2.4
STORE = ".docgen.sqlite"
"""Beside the output: what makes a second run fetch only what changed."""
REDRAW_SECONDS = 0.1
PLAIN_SECONDS = 5.0
BAR_WIDTH = 28
_FORMATS_HELP = f"some of {','.join(FORMATS)}, or all (default: {','.join(DEFAULT_FORMATS)})"
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
STEPS = " ▏▎▍▌▋▊▉█"


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stderr) -> int:
    """Generate documentation of a site and say what has become of it.

    Gives the exit code: 0 done, 1 the site gave nothing, 2 wrong usage, 130 interrupted.
    """
    asked = _parse(arguments)
    directory = Path(asked.out)
    if foreign := _foreign(directory):
        print(
            f"{foreign} is there already, and none of ours: choose another place (OUT=, --out).",
            file=out,
        )
        return WRONG_USAGE
    options = Options(
        max_pages=asked.max_pages,
        max_depth=asked.max_depth,
        include=tuple(asked.include),
        exclude=tuple(asked.exclude),
        formats=asked.formats,
        title=asked.title,
    )
    display = Display(out)
    started = time.monotonic()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        result = generate(
            asked.url,
            options,
            directory=directory,
            allow_address=_anything if asked.private else _is_public,
            limits=replace(Limits(), concurrency=asked.concurrency),
            on_progress=display.show,
            store=directory / STORE,
        )
    except GenerateError as error:
        display.end()
        hint = " It may work later." if error.retryable else ""
        if isinstance(error, AddressRefused):
            hint = " Private ones have to be asked for: PRIVATE=1 (--private)."
        print(f"{display.red('✗')} {error.message}{hint} [{error.code}]", file=out)
        return FAILED
    except OSError as error:  # of the network none comes this far
        display.end()
        print(f"{display.red('✗')} {directory} cannot be written to: {error.strerror}.", file=out)
        return FAILED
    except KeyboardInterrupt:
        display.end()
        print("Stopped. The same command goes on from here.", file=out)
        return INTERRUPTED
    display.end()
    print(summary(result, directory, time.monotonic() - started, display), file=out)
    return 0


def _foreign(directory: Path) -> Path | None:
    """Find what a run would overwrite though none has made it."""
    if (directory / STORE).exists():
        return None
    made = (*FORMATS, MANIFEST, BUNDLE)
    return next((directory / name for name in made if (directory / name).exists()), None)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):  # not one that stands for an IPv4 address
        is_itself = address.sixtofour is None and address.teredo is None
        return address in GLOBAL_UNICAST and address.is_global and is_itself
    return address.is_global and not address.is_multicast and not address.is_reserved


def _anything(_: IPv4Address | IPv6Address) -> bool:
    return True


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m docgen", description="Turn a documentation site into clean documentation."
    )
    defaults = Options()
    add = parser.add_argument
    add("url", type=_url, help="where the documentation begins; only what lies below it is read")
    add("--out", default="out", metavar="DIR", help="where to write (default: %(default)s)")
    add("--max-pages", type=_count, default=defaults.max_pages, metavar="N")
    add("--max-depth", type=int, choices=range(21), default=defaults.max_depth, metavar="N")
    add("--formats", type=_formats, default=DEFAULT_FORMATS, metavar="LIST", help=_FORMATS_HELP)
    add("--include", action="append", default=[], metavar="GLOB", help="only these paths")
    add("--exclude", action="append", default=[], metavar="GLOB", help="not these paths")
    add("--title", help="title of the whole (default: the site's own)")
    add("--concurrency", type=_count, default=Limits().concurrency, metavar="N")
    add("--private", action="store_true", help="reach loopback and private addresses, too")
    return parser.parse_args(arguments)


def _url(text: str) -> str:
    if not re.match(r"https?://[^/]", text, re.IGNORECASE):
        raise argparse.ArgumentTypeError(
            "which site? Its address begins with https:// or http:// (make generate URL=…)"
        )
    return text


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("has to be a number, 1 or more")
    return int(text)


def _formats(text: str) -> tuple[str, ...]:
    names = FORMATS if text.strip() == "all" else tuple(text.replace(",", " ").split())
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"has to be some of {', '.join(FORMATS)}")
    return tuple(dict.fromkeys(names))


class Display:
    """Two lines that are drawn again and again; on what is no terminal, a line now and then."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._is_terminal = out.isatty()
        self._last = float("-inf")
        self._stage: str | None = None
        self._frame = 0
        self._is_drawn = False

    def show(self, progress: Progress) -> None:
        """Show how far the run is."""
        now = self._clock()
        pause = REDRAW_SECONDS if self._is_terminal else PLAIN_SECONDS
        if progress.stage == self._stage and now - self._last < pause:
            return
        self._stage, self._last = progress.stage, now
        if self._is_terminal:
            self._draw(progress)
        else:
            print(self._plain(progress), file=self._out, flush=True)

    def end(self) -> None:
        """Take the display away."""
        if self._is_drawn:
            self._out.write("\r\x1b[J\x1b[?25h")
            self._out.flush()
            self._is_drawn = False

    def red(self, text: str) -> str:
        """Mark what went wrong."""
        return self._colour("31", text)

    def green(self, text: str) -> str:
        """Mark what went well."""
        return self._colour("32", text)

    def bold(self, text: str) -> str:
        """Mark what matters."""
        return self._colour("1", text)

    def faint(self, text: str) -> str:
        """Mark what is by the way."""
        return self._colour("2", text)

    def _colour(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._is_terminal else text

    def _draw(self, progress: Progress) -> None:
        self._frame = (self._frame + 1) % len(FRAMES)
        filled, rest = divmod(progress.percent * BAR_WIDTH * 8 // 100, 8)
        bar = ("█" * filled + (STEPS[rest] if rest else "")).ljust(BAR_WIDTH)
        first = (
            f"{self._colour('36', FRAMES[self._frame])} {progress.stage.value.capitalize():<12}"
            f"{self._colour('36;100', bar)} {progress.percent:3d} %  {counts(progress)}"
        )
        width = shutil.get_terminal_size().columns
        current = "".join(c for c in progress.current or "" if c.isprintable())
        second = self.faint(_shorten(current, width - 3))
        # Wrapping off, so that two lines stay two lines in a narrow window.
        self._out.write(f"\x1b[?25l\x1b[?7l\r\x1b[J{first}\n  {second}\x1b[?7h\r\x1b[1A")
        self._out.flush()
        self._is_drawn = True

    def _plain(self, progress: Progress) -> str:
        current = "".join(c for c in progress.current or "" if c.isprintable())
        parts = (f"{progress.percent:3d} %", progress.stage.value, counts(progress), current)
        return "  ".join(part for part in parts if part)


def counts(progress: Progress) -> str:
    """Say how many pages there are."""
    failed = f", {progress.failed} failed" if progress.failed else ""
    return f"{progress.pages} of {progress.known} pages{failed}"


def _shorten(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    return f"{text[: width // 3]}…{text[len(text) - (width - width // 3) + 1 :]}"


def summary(result: Result, directory: Path, seconds: float, display: Display) -> str:
    """Say what was made and where it is."""
    failed = f", {result.failed_pages} failed" if result.failed_pages else ""
    lines = [
        f"{display.green('✓')} {display.bold(result.title)}",
        f"  {result.pages} pages{failed}, {result.words:,} words, "
        f"{result.bytes / 1e6:.1f} MB in {seconds:.1f} s",
    ]
    if result.truncated:
        lines.append("  There is more on the site than the limits let in (--max-pages).")
    width = max(len(name) for name in (*result.formats, "manifest"))
    places = [(name, _open_this(directory, result, name)) for name in result.formats]
    places += [("zip", result.files["zip"]), ("manifest", result.manifest)]
    lines += [f"  {name:<{width}}  {display.faint(str(path))}" for name, path in places]
    return "\n".join(lines)


def _open_this(directory: Path, result: Result, name: str) -> Path:
    """The file of a format a person would open: of a tree of files its first."""
    first = {"markdown": "README.md", "html": "index.html"}.get(name)
    return directory / name / first if first else result.files[name]


if __name__ == "__main__":
    sys.exit(main())
