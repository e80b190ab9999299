import json
import re

import pytest

from local import supply
from local.errors import StackError

ENTRY = re.compile(r"([\w.-]+)==([\w.]+)")
LISTS = sorted(supply.ROOT.rglob("requirements*.txt"))
LISTS = [path for path in LISTS if not {".venv", ".local"} & set(path.parts)]


def shipped() -> dict[str, tuple[str, set[str]]]:
    """What the layers ship: version and hashes, by name."""
    found = {}
    for path in supply.SHIPPED:
        for entry in path.read_text().replace("\\\n", " ").splitlines():
            if match := ENTRY.match(entry):
                found[match[1]] = match[2], set(re.findall(r"sha256:(\w+)", entry))
    return found


def test_the_bill_lists_what_the_layers_ship_and_nothing_else() -> None:
    bill = json.loads(supply.BILL.read_text())
    listed = {
        each["name"]: (
            each["version"],
            {
                one["content"]
                for reference in each["externalReferences"]
                for one in reference.get("hashes", ())
            },
        )
        for each in bill["components"]
    }

    assert bill["bomFormat"] == "CycloneDX"
    assert listed == shipped()
    urls = [one["url"] for each in bill["components"] for one in each["externalReferences"]]
    assert all(url.startswith("pkg:pypi/") for url in urls)  # no index is named


@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.relative_to(supply.ROOT)))
def test_every_requirement_is_pinned_by_its_hash(path: supply.Path) -> None:
    entries = [line for line in path.read_text().replace("\\\n", " ").splitlines() if line.strip()]

    assert entries
    for entry in entries:
        assert ENTRY.match(entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.slow
@pytest.mark.parametrize("path", supply.SHIPPED, ids=lambda path: path.parent.name)
def test_nothing_shipped_has_a_known_vulnerability(path: supply.Path) -> None:
    try:
        audit = supply.audit(path)
    except StackError as error:
        pytest.skip(f"pip-audit cannot be installed: {error}")
    if not audit.looked_up:
        pytest.skip("the database of vulnerabilities cannot be reached")

    assert audit.known == {}
