import urllib.request
from pathlib import Path

from local import site_server


def test_a_site_is_served_and_its_requests_are_known(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>hello")

    with site_server.served(tmp_path) as (url, requests):
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"<!doctype html>hello"
        assert requests == ["/"]
        assert url.startswith("http://127.0.0.1:")


def test_the_sample_site_is_there() -> None:
    assert (site_server.SAMPLE_SITE / "index.html").is_file()
