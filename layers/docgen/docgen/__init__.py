"""The documentation engine: the URL of a site in, clean and portable documentation out.

A plain Python library: it knows no jobs and no cloud. `generate` is all of it; which network
addresses it may reach is decided by the `allow_address` that its caller must pass.
"""

from docgen.engine import Progress, Result, Stage, generate
from docgen.errors import GenerateError, Interrupted
from docgen.options import DEFAULT_FORMATS, FORMATS, Limits, Options

__all__ = [
    "DEFAULT_FORMATS",
    "FORMATS",
    "GenerateError",
    "Interrupted",
    "Limits",
    "Options",
    "Progress",
    "Result",
    "Stage",
    "generate",
]
