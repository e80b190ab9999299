"""Run the benchmarks: `python -m benchmarks [--write] [NAME …]`.

Every file benchmarks/bench_NAME.py answers one question: it has a QUESTION, and a run() that gives
its answer as tables in Markdown. With --write the answers are kept in docs/performance.md, each
with the moment at which it was measured; those of other benchmarks stay as they are.
"""

import argparse
import importlib
import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.environments import ROOT, Missing

PAGE = ROOT / "docs" / "performance.md"
INTRODUCTION = """# Performance

```
make bench [ONLY="crawl start"] [WRITE=1] ──> one question a file in benchmarks/ ──> this page
```

This page is written by `make bench WRITE=1`, not by hand. Every figure is a median, with the least
and the most in brackets, of five measurements or more (three of routes on the local stack, of
memory and of what takes long) taken in turn with what they are compared with, so a ratio is one of
the same minutes on the same machine. What is measured how stands at the top of each file. What was
tried and did not pay is in [decisions](decisions.md), what a job costs in [cost](cost.md).
"""
_SECTION = re.compile(r"<!-- (\w+) -->\n(.*?)<!-- /\1 -->\n", re.DOTALL)


def names() -> list[str]:
    """Find the benchmarks there are."""
    found = Path(__file__).parent.glob("bench_*.py")
    return sorted(path.stem.removeprefix("bench_") for path in found)


def machine() -> str:
    """Say on what machine this runs."""
    model = "unknown processor"
    processors = Path("/proc/cpuinfo")
    if processors.exists():
        found = re.search(r"model name\s*: (.+)", processors.read_text())
        model = found[1] if found else model
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} processors ({model}), {platform.system()}, {python}"


def answer(name: str) -> str:
    """Run a benchmark, and give its section."""
    module = importlib.import_module(f"benchmarks.bench_{name}")
    busy = os.getloadavg()[0]
    try:
        tables = module.run()
    except Missing as missing:
        tables = f"Not measured here: {missing}\n"
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = f"{busy:.1f} processes were running before"
    return f"## {module.QUESTION}\n\n{tables}\n`bench_{name}`, {now}, {machine()}; {load}.\n"


def write(sections: Mapping[str, str]) -> None:
    """Put sections into the page, in the order of their names."""
    kept = dict(_SECTION.findall(PAGE.read_text())) if PAGE.exists() else {}
    kept = {name: text for name, text in kept.items() if name in names()} | dict(sections)
    parts = [f"<!-- {name} -->\n{kept[name]}<!-- /{name} -->\n" for name in sorted(kept)]
    PAGE.write_text("\n".join([INTRODUCTION, *parts]))


def main(words: Sequence[str] | None = None) -> int:
    """Run those that are asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    parser.add_argument("--write", action="store_true", help="keep the answers in the page")
    arguments = parser.parse_args(words)
    unknown = set(arguments.names) - set(names())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in arguments.names or names():
        section = answer(name)
        print(section, flush=True)
        if arguments.write:
            write({name: section})
    return 0


if __name__ == "__main__":
    sys.exit(main())
