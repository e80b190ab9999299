"""Write the document."""

from pathlib import Path

from api.openapi.document import compact, make_document, pretty
from api.page import STATIC

DOCUMENT = Path("docs/openapi.json")


def main() -> None:
    """Write both files."""
    document = make_document()
    DOCUMENT.write_text(pretty(document))
    (STATIC / "openapi.json").write_text(compact(document))


if __name__ == "__main__":
    main()
