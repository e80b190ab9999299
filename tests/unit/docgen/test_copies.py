import pytest
from docgen.copies import Copies, is_locale

FOLDER = "https://e.com/docs/"


def copies(*urls: str, language: str | None = None) -> Copies:
    found = Copies(FOLDER, lambda key: key in {url.rstrip("/") for url in urls})
    found.language = language
    for url in urls:
        variant = found.variant(url)
        if variant is not None:
            found.learn(variant)
    return found


def reason(found: Copies, path: str) -> str | None:
    variant = found.variant(FOLDER + path)
    return None if variant is None else found.reason(variant)


@pytest.mark.parametrize("segment", ["en", "de", "pt-br", "zh_CN", "zh-Hans", "EN", "es-419"])
def test_languages_are_recognised(segment: str) -> None:
    assert is_locale(segment)


@pytest.mark.parametrize("segment", ["go", "js", "api", "e", "enx", "en-", "xx"])
def test_other_names_are_no_languages(segment: str) -> None:
    assert not is_locale(segment)


@pytest.mark.parametrize("segment", ["1.0", "v2", "v2.x", "2.1.3", "3.0-rc1", "latest", "stable",
                                     "main", "release-1.2", "latest-v20.x", "15"])  # fmt: skip
def test_versions_are_recognised(segment: str) -> None:
    variant = copies().variant(f"{FOLDER}{segment}/page")
    assert variant is not None
    assert variant.version == segment


@pytest.mark.parametrize("segment", ["guide", "2024", "vue", "v", "version", "x1", "mainly"])
def test_other_names_are_no_versions(segment: str) -> None:
    assert copies().variant(f"{FOLDER}{segment}/page") is None


def test_a_plain_page_makes_the_others_copies() -> None:
    found = copies(f"{FOLDER}a", f"{FOLDER}fr/a", f"{FOLDER}1.0/a")
    assert reason(found, "fr/a") == "locale_copy"
    assert reason(found, "1.0/a") == "version_copy"
    assert reason(found, "a") is None


def test_most_paths_prove_the_whole_language() -> None:
    found = copies(f"{FOLDER}a", f"{FOLDER}fr/a")
    assert reason(found, "fr/a") == "locale_copy"
    assert reason(found, "fr/only-here") == "locale_copy"


def test_one_path_proves_a_version_that_is_written_like_nothing_else() -> None:
    found = copies(f"{FOLDER}v1.2/a", f"{FOLDER}v1.2/b", f"{FOLDER}v1.2/c", f"{FOLDER}v1.3/a")
    assert reason(found, "v1.2/b") == "version_copy"


@pytest.mark.parametrize("folder", ["development", "release", "is", "1"])
def test_a_folder_that_shares_a_name_with_a_few_pages_is_no_copy(folder: str) -> None:
    own = [f"{FOLDER}{folder}/{name}" for name in ("theming", "builders", "tutorial", "faq")]
    found = copies(FOLDER, f"{FOLDER}theming", *own)
    assert reason(found, f"{folder}/theming") is None
    assert reason(found, f"{folder}/builders") is None


def test_a_front_page_with_a_file_name_proves_nothing() -> None:
    found = copies(FOLDER, f"{FOLDER}release/index.html", f"{FOLDER}release/3.20.html")
    assert reason(found, "release/index.html") is None
    assert reason(found, "release/3.20.html") is None


def test_without_proof_nothing_is_a_copy() -> None:
    found = copies(f"{FOLDER}it/a", f"{FOLDER}v8/b")
    assert reason(found, "it/a") is None
    assert reason(found, "v8/b") is None


def test_a_front_page_of_a_language_proves_nothing() -> None:
    found = copies(FOLDER, f"{FOLDER}en/", f"{FOLDER}en/a")
    assert reason(found, "en/") is None
    assert reason(found, "en/a") is None


@pytest.mark.parametrize(("language", "kept"), [("fr", "fr"), ("pt", "pt-br"), (None, "en")])
def test_the_language_of_the_start_page_is_kept(language: str | None, kept: str) -> None:
    names = ("de", "en", "fr", "pt-br")
    found = copies(*(f"{FOLDER}{name}/a" for name in names), language=language)
    assert [name for name in names if reason(found, f"{name}/a") is None] == [kept]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (("1.0", "2.0", "10.0"), "10.0"),
        (("1.0", "latest", "main"), "latest"),
        (("1.0", "stable", "latest"), "stable"),
        (("1.0", "dev"), "1.0"),
        (("2.0-rc1", "1.9"), "1.9"),
        (("main", "next"), "next"),
    ],
)
def test_of_versions_the_latest_released_is_kept(names: tuple[str, ...], kept: str) -> None:
    found = copies(*(f"{FOLDER}{name}/a" for name in names))
    assert [name for name in names if reason(found, f"{name}/a") is None] == [kept]
