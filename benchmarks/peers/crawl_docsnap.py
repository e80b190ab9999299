"""DocSnap's engine, as the worker runs it, into Markdown; prints how long the crawl itself took."""

import json
import sys
import tempfile
import time
from pathlib import Path

from docgen import Options, Progress, generate

began = time.perf_counter()
stages: dict[str, float] = {}


def note(progress: Progress) -> None:
    """Remember when each stage began."""
    stages.setdefault(progress.stage.value, time.perf_counter() - began)


with tempfile.TemporaryDirectory() as folder:
    result = generate(
        sys.argv[1],
        Options(max_pages=int(sys.argv[2]), formats=("markdown",)),
        directory=Path(folder),
        allow_address=lambda _address: True,
        on_progress=note,
    )
print(json.dumps({"pages": result.pages, "crawl": stages["extracting"] - stages["discovering"]}))
