import gzip
import re

import pytest
from api import page

from tests.support.api import World

PLAIN = {"Accept-Encoding": "identity"}


def test_the_page_and_everything_it_needs_come_from_us(world: World) -> None:
    html = world.call("GET", "/docs", user=None, headers=PLAIN).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)

    assert not [each for each in addresses if each.startswith(("http", "//", "/"))]
    for address in addresses:
        if not address.startswith("data:"):
            assert world.call("GET", f"/{address}", user=None).status == 200


@pytest.mark.parametrize("name", list(page.ASSETS))
def test_an_asset_is_sent_compressed_to_whoever_takes_it_so(world: World, name: str) -> None:
    path = f"/docs/assets/{name}"
    packed = world.call("GET", path, headers={"Accept-Encoding": "gzip, br"})
    plain = world.call("GET", path, headers=PLAIN)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Vary"] == "Accept-Encoding"


def test_an_asset_that_is_known_is_not_sent_again(world: World) -> None:
    etag = world.call("GET", "/docs/assets/swagger-ui.js").headers["ETag"]

    answer = world.call("GET", "/docs/assets/swagger-ui.js", headers={"If-None-Match": etag})

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "..", "..%2f..%2fhandler.py", "start.js.map"])
def test_no_other_file_is_given_out(world: World, name: str) -> None:
    assert world.call("GET", f"/docs/assets/{name}", user=None).status == 404


def test_scripts_are_ours_and_none_is_written_into_the_page(world: World) -> None:
    answer = world.call("GET", "/docs", user=None, headers=PLAIN)

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert not re.findall(r"<script(?![^>]*src=)", answer.text)


def test_the_type_of_every_problem_leads_to_its_meaning(world: World) -> None:
    listed = world.call("GET", "/docs/problems", user=None, headers=PLAIN).text
    problem = world.call("GET", "/api/jobs/unknown").json

    assert f'id="{problem["type"].partition("#")[2]}"' in listed
