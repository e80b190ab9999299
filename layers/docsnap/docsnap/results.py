"""What is kept in S3, under which key, and who gets to fetch it?

| key                                          | what                            | goes          |
|----------------------------------------------|---------------------------------|---------------|
| `results/<owner>/<job>/<lease token>/<file>` | what one attempt produced       | with the job  |
| `checkpoints/<owner>/<job>`                  | what was crawled, to go on with | at the finish |

The lease token in the key keeps attempts apart: one that was overtaken cannot touch what another
has published. The job names the prefix that counts; everything else under its id is a leftover.
"""

import hashlib
import re
import shutil
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from docsnap.errors import Unavailable, WrongState
from docsnap.jobs import FAILED, Job, JobKey, ResultFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

URL_LIFETIME: Final = timedelta(minutes=5)
"""Long enough to follow a redirect; whoever starts in time may take as long as it needs."""

DELETE_BATCH: Final = 1000
"""Keys of one DeleteObjects."""

_ENDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "markdown": (".md", "text/markdown; charset=utf-8"),
    "html": ("-html.zip", "application/zip"),
    "json": (".json", "application/json"),
    "llms": ("-llms-full.txt", "text/plain; charset=utf-8"),
    "pdf": (".pdf", "application/pdf"),
    "docx": (
        ".docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "zip": (".zip", "application/zip"),
}
"""How the file of each format ends, and what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUrl:
    """Leave to fetch one file, for anyone who has the URL, for a short while."""

    url: str
    expires_at: datetime
    bytes: int
    sha256: str


class Results:
    """The bucket. `client` has to sign with SigV4: older signatures outlive their expiry."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def load_checkpoint(self, key: JobKey, path: Path) -> bool:
        """Fetch what earlier attempts have crawled; False if there is nothing.

        Raises:
            Unavailable: S3 did not answer; nothing is at the path.
        """
        partial = path.with_suffix(".partial")
        try:
            with _translated():
                answer = self._client.get_object(Bucket=self._bucket, Key=_checkpoint(key))
                with partial.open("wb") as file:
                    shutil.copyfileobj(answer["Body"], file, 1 << 20)
        except Unavailable as exc:
            if _code(exc.__cause__) in {"NoSuchKey", "404"}:
                return False
            raise
        partial.replace(path)
        return True

    def save_checkpoint(self, key: JobKey, path: Path) -> None:
        """Keep what was crawled for the next attempt, or the next invocation of this one.

        Raises:
            Unavailable: S3 did not confirm. An earlier checkpoint is whole, if there was one.
        """
        with _translated(), path.open("rb") as file:
            self._client.put_object(Bucket=self._bucket, Key=_checkpoint(key), Body=file)

    def remove_checkpoint(self, key: JobKey) -> None:
        """Forget what was crawled, if anything.

        Raises:
            Unavailable: S3 did not confirm.
        """
        with _translated():
            self._client.delete_object(Bucket=self._bucket, Key=_checkpoint(key))

    def checkpoints(self) -> Iterator[JobKey]:
        """Find every job that has a checkpoint, page by page.

        Raises:
            Unavailable: S3 did not answer.
        """
        for name in self._names("checkpoints/"):
            _, owner, job = name.split("/")
            yield JobKey(owner, job)

    def upload(self, job: Job, token: str, format: str, path: Path) -> ResultFile:
        """Store one file of an attempt. Nobody sees it until the job names its prefix.

        Raises:
            Unavailable: S3 did not confirm. The object may be there all the same.
        """
        _, content_type = _ENDINGS[format]
        with _translated(), path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            size = file.tell()
            file.seek(0)
            self._client.put_object(
                Bucket=self._bucket,
                Key=prefix(job.key, token) + _file_name(format),
                Body=file,
                ContentType=content_type,
                ContentDisposition=f'attachment; filename="{download_name(job, format)}"',
                ChecksumSHA256=b64encode(digest.digest()).decode(),  # S3 refuses anything else
            )
        return ResultFile(bytes=size, sha256=digest.hexdigest())

    def withdraw(self, key: JobKey, token: str, formats: Iterable[str]) -> None:
        """Remove what an attempt has uploaded.

        Raises:
            Unavailable: S3 did not confirm; the sweeper has to do it.
        """
        self.remove(prefix(key, token) + _file_name(each) for each in formats)

    def leftovers(self, job: Job) -> list[str]:
        """Find what the bucket holds of a finished job besides its published result.

        The checkpoint of a failed job is none: a retry goes on from it.

        Raises:
            Unavailable: S3 did not answer.
        """
        published = job.result.prefix if job.result else ""
        found = [
            name
            for name in self._names(f"results/{job.owner}/{job.id}/")
            if not (published and name.startswith(published))
        ]
        return found if job.status is FAILED else [*found, _checkpoint(job.key)]

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects, whether or not they are there.

        Raises:
            Unavailable: S3 did not confirm; once more is safe.
        """
        for batch in batched(names, DELETE_BATCH, strict=False):
            with _translated():
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": name} for name in batch], "Quiet": True},
                )
            if answer.get("Errors"):
                raise Unavailable

    def signed_url(self, job: Job, format: str, *, now: datetime) -> SignedUrl:
        """Give leave to fetch a file of a completed job.

        Raises:
            WrongState: The job is not completed.
            KeyError: It has no such file.
        """
        if job.result is None:
            raise WrongState(job=job)
        file = job.result.files[format]
        url = self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": job.result.prefix + _file_name(format)},
            ExpiresIn=int(URL_LIFETIME.total_seconds()),
        )
        return SignedUrl(
            url=url, expires_at=now + URL_LIFETIME, bytes=file.bytes, sha256=file.sha256
        )

    def _names(self, start: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        with _translated():
            for page in pages.paginate(Bucket=self._bucket, Prefix=start):
                for each in page.get("Contents", []):
                    yield each["Key"]


def prefix(key: JobKey, token: str) -> str:
    """Tell where the files of one attempt are."""
    return f"results/{key.owner}/{key.id}/{token}/"


def download_name(job: Job, format: str) -> str:
    """Name a file for the person who downloads it: after the title, else the site."""
    parts = urlsplit(job.url)
    readable = job.options.title or f"{parts.hostname}{parts.path}"
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", readable).strip("-.")[:80].rstrip("-.")
    return (slug or "documentation") + _ENDINGS[format][0]


def _file_name(format: str) -> str:
    return f"documentation{_ENDINGS[format][0]}"


def _checkpoint(key: JobKey) -> str:
    return f"checkpoints/{key.owner}/{key.id}"


def _code(error: BaseException | None) -> str | None:
    return error.response["Error"].get("Code") if isinstance(error, ClientError) else None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as exc:
        raise Unavailable from exc
