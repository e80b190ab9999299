"""How far is it? A bar on a terminal, and lines of text anywhere else."""

import shutil
from typing import Self, TextIO

WIDTH = 30  # characters of the bar


class ProgressBar:
    """Shows the latest progress."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_terminal and self._last:
            self._stream.write("\n")
            self._stream.flush()

    def show(self, percent: int, text: str) -> None:
        """Replace what was shown before, unless it is the same."""
        done = WIDTH * percent // 100
        line = f"[{'#' * done}{'-' * (WIDTH - done)}] {percent:3} %  {text}"
        if self._is_terminal:  # a line that wraps could not be replaced
            line = line[: shutil.get_terminal_size().columns - 1]
        if line == self._last:
            return
        if self._is_terminal:
            self._stream.write(f"\r{line.ljust(len(self._last))}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()
        self._last = line
