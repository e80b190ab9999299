"""Runs the typesetter in a process of its own, which gives all its memory back.

Also the program of that process: `python typeset.py SOURCE TARGET IMAGES LIBRARY`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docgen.writers.images import Image

SHARPNESS = 2.0
"""Pixels of a picture for one of the drawing."""
MOST_PIXELS = 4_000_000
"""Of a picture; a large drawing gets fewer for each of its own. Each takes twenty bytes to make."""
FONTS = ("manimgx_fonts", "manimgx_fonts_cjk")
"""Packages of fonts for what the typesetter's own lack. Those of the machine are not looked at: a
worker has none, and the same site is to look the same everywhere."""
POLL_SECONDS = 0.5
MOST_SECONDS = 300
"""For one volume, which takes three; what needs a hundred times as long does not end."""
MOST_SECONDS_OF_A_PICTURE = 30


def typeset(source: Path, tick: Callable[[], None], seconds: float) -> str | None:
    """Set `source` as the PDF of the same name; call `tick` about twice a second.

    Set again without images if it fails with them: a broken image is no reason to have no book.
    Gives the reason if it fails without images, too, or is not done within the seconds.
    """
    target = source.with_suffix(".pdf")
    until = time.monotonic() + min(seconds, MOST_SECONDS)
    problem = _run(source, target, "yes", tick, until)
    return problem and _run(source, target, "no", tick, until)


def rasterise(images: Iterable[Image], folder: Path) -> dict[str, Path]:
    """Make PNG files of drawings and the like, by name; what cannot be made one is left out."""
    made: dict[str, Path] = {}
    for image in images:
        shutil.copy(image.path, folder / image.name)
        source = folder / f"{image.name}.typ"
        scale = min(SHARPNESS, (MOST_PIXELS / (image.width * image.height)) ** 0.5)
        size = f"width: {image.width * scale:.2f}pt, height: {image.height * scale:.2f}pt"
        source.write_text(
            f'#set page(margin: 0pt, fill: none, {size})\n#image("{image.name}", {size})'
        )
        target = folder / f"{image.name}.png"
        until = time.monotonic() + MOST_SECONDS_OF_A_PICTURE
        if _run(source, target, "yes", lambda: None, until) is None:
            made[image.name] = target
    return made


def _run(
    source: Path, target: Path, images: str, tick: Callable[[], None], until: float
) -> str | None:
    spec = find_spec("typst")
    library = Path(spec.origin).parents[1] if spec and spec.origin else Path()
    arguments = [str(source), str(target), images, str(library)]
    process = subprocess.Popen(  # noqa: S603 - our own file and our own interpreter
        [sys.executable, "-E", "-s", str(Path(__file__)), *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    try:
        while (left := until - time.monotonic()) > 0:
            try:
                _, problem = process.communicate(timeout=min(POLL_SECONDS, left))
            except subprocess.TimeoutExpired:
                tick()
            else:
                return (problem.strip()[-2000:] or "no reason") if process.returncode else None
        return "not done in time"
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _environment() -> dict[str, str]:
    """What the process inherits: it reads foreign pictures, and needs no credentials for that."""
    inherited = os.environ.items()  # noqa: TID251 - nothing is configured by it
    return {name: value for name, value in inherited if not name.startswith("AWS_")}


def main(source: str, target: str, images: str, library: str) -> None:
    """Set one file."""
    sys.path.append(library)
    import typst

    typst.compile(
        source,
        output=target,
        root=str(Path(source).parent),
        sys_inputs={"images": images},
        pdf_tags=False,
        ppi=72,
        font_paths=[str(Path(library) / name) for name in FONTS],
        ignore_system_fonts=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
