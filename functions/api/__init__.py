"""The HTTP API: a thin function over `docsnap`.

`handler` is the entry, `routes` says which function answers what, `schemas` are the bodies that go
in and out, `problems` turns every error into an answer, and `openapi` (never loaded in production)
writes the document that describes it all.
"""

VERSION = "0.1.0"
"""Of the whole project; a test holds it against pyproject.toml."""
