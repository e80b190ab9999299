import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from docsnap.errors import Unavailable, WrongState
from docsnap.jobs import ACTIVE, CANCELLED, COMPLETED, FAILED, FORMATS, Job, JobOptions, ResultFile
from docsnap.results import download_name, prefix

from tests.support.builders import NOW, a_job, a_result
from tests.support.system import BUCKET, System, a_system


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with a_system(tmp_path) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"pages")
    return path


def put(system: System, *keys: str) -> None:
    for key in keys:
        system.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")


def test_a_checkpoint_comes_back_as_it_was_saved(system: System, file: Path) -> None:
    job = a_job()
    system.results.save_checkpoint(job.key, file)

    target = file.with_name("loaded")

    assert system.results.load_checkpoint(job.key, target)
    assert target.read_bytes() == b"pages"
    assert list(system.results.checkpoints()) == [job.key]
    system.results.remove_checkpoint(job.key)
    assert list(system.results.checkpoints()) == []


def test_a_job_without_a_checkpoint_begins_anew(system: System, file: Path) -> None:
    target = file.with_name("loaded")

    assert not system.results.load_checkpoint(a_job().key, target)
    assert not target.exists()


def test_half_a_checkpoint_is_none(system: System, file: Path) -> None:
    job = a_job()
    system.results.save_checkpoint(job.key, file)
    system.faults.lose_answer("GetObject")
    target = file.with_name("loaded")

    with pytest.raises(Unavailable):
        system.results.load_checkpoint(job.key, target)

    assert not target.exists()


def test_removing_a_checkpoint_that_is_not_there_is_no_error(system: System) -> None:
    system.results.remove_checkpoint(a_job().key)


def test_what_was_uploaded_is_measured_and_named(system: System, file: Path) -> None:
    job = a_job(ACTIVE)

    uploaded = system.results.upload(job, "token", "html", file)

    assert uploaded == ResultFile(bytes=5, sha256=hashlib.sha256(b"pages").hexdigest())
    key = f"results/{job.owner}/{job.id}/token/documentation-html.zip"
    assert system.objects() == [key]
    found = system.s3.head_object(Bucket=BUCKET, Key=key)
    assert found["ContentType"] == "application/zip"
    assert found["ContentDisposition"].endswith('filename="docs.example.com-guide-html.zip"')


def test_an_attempt_withdraws_its_own_files_alone(system: System, file: Path) -> None:
    job = a_job(ACTIVE)
    for token in ("mine", "theirs"):
        system.results.upload(job, token, "markdown", file)

    system.results.withdraw(job.key, "mine", ["markdown", "pdf"])

    assert system.objects() == [prefix(job.key, "theirs") + "documentation.md"]


def test_leftovers_of_a_completed_job_are_all_but_its_result(system: System) -> None:
    job = a_job(COMPLETED)
    published = prefix(job.key, "published")
    job = a_job(COMPLETED, key=job.key, result=a_result(prefix=published))
    checkpoint = f"checkpoints/{job.owner}/{job.id}"
    stale = prefix(job.key, "stale") + "documentation.md"
    put(system, published + "documentation.md", stale, checkpoint)
    put(system, prefix(a_job().key, "other") + "documentation.md")

    assert sorted(system.results.leftovers(job)) == sorted([stale, checkpoint])


def test_leftovers_of_a_failed_job_leave_its_checkpoint(system: System) -> None:
    failed, cancelled = a_job(FAILED), a_job(CANCELLED)

    assert system.results.leftovers(failed) == []
    assert system.results.leftovers(cancelled) == [f"checkpoints/{cancelled.owner}/{cancelled.id}"]


def test_many_leftovers_are_removed_in_few_calls(system: System) -> None:
    system.results.remove(f"results/o/j/t/{number}" for number in range(2500))

    assert system.faults.calls["DeleteObjects"] == 3


def test_a_signed_url_is_short_lived_and_of_the_newest_kind(system: System) -> None:
    file = ResultFile(bytes=5, sha256="abc")
    job = a_job(COMPLETED, result=a_result(prefix="results/o/j/t/", files={"zip": file}))

    signed = system.results.signed_url(job, "zip", now=NOW)

    query = parse_qs(urlsplit(signed.url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["300"]
    assert urlsplit(signed.url).path.endswith("results/o/j/t/documentation.zip")
    assert (signed.bytes, signed.sha256) == (5, "abc")
    assert signed.expires_at == NOW + timedelta(minutes=5)


def test_only_a_completed_job_has_something_to_fetch(system: System) -> None:
    with pytest.raises(WrongState):
        system.results.signed_url(a_job(ACTIVE), "zip", now=NOW)
    with pytest.raises(KeyError):
        system.results.signed_url(a_job(COMPLETED), "pdf", now=NOW)


@pytest.mark.parametrize(
    ("url", "title", "name"),
    [
        ("https://docs.example.com/guide/", None, "docs.example.com-guide.md"),
        ("https://example.com/", None, "example.com.md"),
        ("https://example.com/?q=secret", None, "example.com.md"),
        ("https://example.com/", "My “Guide”, 2nd ed.", "My-Guide-2nd-ed.md"),
        ("https://example.com/", "文档", "documentation.md"),
        ("https://example.com/", 'a";filename="x.exe', "a-filename-x.exe.md"),
        ("https://example.com/", "../../etc", "etc.md"),
        ("https://example.com/", "x" * 300, "x" * 80 + ".md"),
    ],
)
def test_a_download_is_named_so_that_any_system_takes_it(
    url: str, title: str | None, name: str
) -> None:
    job = a_job(url=url, options=JobOptions(title=title))

    assert download_name(job, "markdown") == name


def test_every_format_has_a_name_of_its_own() -> None:
    names = {download_name(a_job(), each) for each in (*FORMATS, "zip")}

    assert len(names) == len(FORMATS) + 1


def use_all(system: System, job: Job, file: Path) -> None:
    system.results.save_checkpoint(job.key, file)
    system.results.load_checkpoint(job.key, file)
    system.results.remove_checkpoint(job.key)
    system.results.remove(system.results.leftovers(job))


@pytest.mark.parametrize(
    "operation", ["PutObject", "GetObject", "DeleteObject", "ListObjectsV2", "DeleteObjects"]
)
def test_a_bucket_that_does_not_answer_is_unavailable(
    system: System, file: Path, operation: str
) -> None:
    system.faults.refuse(operation)

    with pytest.raises(Unavailable):
        use_all(system, a_job(COMPLETED), file)
