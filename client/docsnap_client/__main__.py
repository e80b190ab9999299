"""DocSnap on the command line."""

import argparse
import json
import os
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from docsnap_client import __version__
from docsnap_client.client import ApiError, Client, Job
from docsnap_client.progress import ProgressBar

FORMATS = ("markdown", "html", "json", "llms", "pdf", "docx")
FILE_NAMES = {
    "zip": "documentation.zip",
    "markdown": "documentation.md",
    "html": "documentation-html.zip",
    "json": "documentation.json",
    "llms": "llms-full.txt",
    "pdf": "documentation.pdf",
    "docx": "documentation.docx",
}
NOT_COMPLETED = 1  # exit status of a job that failed or was cancelled
REFUSED = 3  # exit status of a call that the API refused


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        client = Client(options.url, options.token)
    except ValueError as exc:
        parser.error(str(exc))
    try:
        status: int = options.run(client, options)
        sys.stdout.flush()
    except ApiError as exc:
        print(f"docsnap: {exc} ({exc.code})", file=sys.stderr)
        for error in exc.errors:
            print(f"  {error.get('field')}: {error.get('message')}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, zipfile.BadZipFile) as exc:
        print(f"docsnap: {exc}", file=sys.stderr)
        return NOT_COMPLETED
    except KeyboardInterrupt:
        return 130
    return status


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="docsnap", description="Documentation out of a site.")
    parser.add_argument("--url", help="base URL of the API; DOCSNAP_URL by default")
    parser.add_argument("--token", help="access token; DOCSNAP_TOKEN by default")
    parser.add_argument("--version", action="version", version=f"docsnap {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    submit = commands.add_parser("submit", help="ask for the documentation of a site")
    submit.add_argument("site", metavar="URL", help="where the documentation begins")
    submit.add_argument("--max-pages", type=int, metavar="N")
    submit.add_argument("--max-depth", type=int, metavar="N")
    submit.add_argument("--include", action="append", metavar="GLOB", help="may be repeated")
    submit.add_argument("--exclude", action="append", metavar="GLOB", help="may be repeated")
    submit.add_argument("--format", action="append", choices=FORMATS, help="may be repeated")
    submit.add_argument("--title")
    submit.add_argument("--webhook-url", metavar="URL")
    submit.add_argument("--force", action="store_true", help="even if there is a recent job")
    submit.add_argument("--no-wait", action="store_true", help="print the job's id and leave")
    submit.add_argument("--out", type=Path, metavar="DIR", help="fetch and unpack the result here")
    submit.set_defaults(run=run_submit)

    for name, run, help_ in (
        ("show", run_show, "print a job as JSON"),
        ("wait", run_wait, "follow a job to its end"),
        ("events", run_events, "print what happened to a job"),
        ("cancel", run_cancel, "stop a job"),
        ("retry", run_retry, "run a failed job again"),
        ("fetch", run_fetch, "download a result"),
    ):
        command = commands.add_parser(name, help=help_)
        command.add_argument("job", metavar="JOB")
        command.set_defaults(run=run)
        if name == "fetch":
            command.add_argument("--format", choices=tuple(FILE_NAMES), default="zip")
            command.add_argument("--out", type=Path, default=Path(), metavar="DIR")
            command.add_argument("--unpack", action="store_true", help="unpack the zip into DIR")

    list_ = commands.add_parser("list", help="list jobs, newest first")
    list_.add_argument("--status")
    list_.add_argument("--limit", type=int, default=20, metavar="N")
    list_.set_defaults(run=run_list)
    commands.add_parser("stats", help="count jobs").set_defaults(run=run_stats)
    secret = commands.add_parser("secret", help="print the secret that webhooks are signed with")
    secret.add_argument("--rotate", action="store_true", help="make a new one first")
    secret.set_defaults(run=run_secret)
    return parser


def run_submit(client: Client, options: argparse.Namespace) -> int:
    """Submit, follow and fetch."""
    chosen = {
        "maxPages": options.max_pages,
        "maxDepth": options.max_depth,
        "include": options.include,
        "exclude": options.exclude,
        "formats": options.format,
        "title": options.title,
    }
    job = client.submit(
        options.site,
        options={name: value for name, value in chosen.items() if value is not None},
        webhook_url=options.webhook_url,
        force=options.force,
    )
    print(job.id, flush=True)
    if job.duplicate:
        print(
            "docsnap: asked for a moment ago; this is that job (--force: a new one)",
            file=sys.stderr,
        )
    if options.no_wait:
        return 0
    job = follow(client, job.id)
    if job.status == "completed" and options.out:
        fetch(client, job.id, options.out, "zip", unpack=True)
    return 0 if job.status == "completed" else NOT_COMPLETED


def run_show(client: Client, options: argparse.Namespace) -> int:
    """Print a job."""
    print(json.dumps(client.get(options.job).fields, indent=2))
    return 0


def run_wait(client: Client, options: argparse.Namespace) -> int:
    """Follow a job."""
    return 0 if follow(client, options.job).status == "completed" else NOT_COMPLETED


def run_events(client: Client, options: argparse.Namespace) -> int:
    """Print a history."""
    for event in client.events(options.job):
        text = (event["error"] or {}).get("message", "")
        print(f"{event['at']}  {event['type']:18} {event['status'] or '':10} {text}".rstrip())
    return 0


def run_cancel(client: Client, options: argparse.Namespace) -> int:
    """Cancel a job."""
    print(client.cancel(options.job).status)
    return 0


def run_retry(client: Client, options: argparse.Namespace) -> int:
    """Retry a job."""
    print(client.retry(options.job).status)
    return 0


def run_fetch(client: Client, options: argparse.Namespace) -> int:
    """Download a result."""
    fetch(client, options.job, options.out, options.format, unpack=options.unpack)
    return 0


def run_list(client: Client, options: argparse.Namespace) -> int:
    """List jobs."""
    for job in client.list_jobs(status=options.status, limit=options.limit):
        print(f"{job.id}  {job.status:10} {job.progress:3} %  {job.url}")
    return 0


def run_stats(client: Client, _: argparse.Namespace) -> int:
    """Print the counts."""
    print(json.dumps(client.stats(), indent=2))
    return 0


def run_secret(client: Client, options: argparse.Namespace) -> int:
    """Print the webhook secret."""
    print(client.webhook_secret(rotate=options.rotate))
    return 0


def follow(client: Client, job_id: str) -> Job:
    """Wait for a job under a progress bar."""
    with ProgressBar(sys.stderr) as bar:
        job = client.wait(job_id, on_change=lambda job: bar.show(job.progress, describe(job)))
    if job.error:
        print(f"docsnap: {job.error['message']} ({job.error['code']})", file=sys.stderr)
    return job


def describe(job: Job) -> str:
    """Say in a few words how a job stands."""
    words = job.stage if job.status == "active" and job.stage else job.status
    return words if job.attempts <= 1 else f"{words}, attempt {job.attempts}/{job.max_attempts}"


def fetch(client: Client, job_id: str, directory: Path, format: str, *, unpack: bool) -> None:
    """Download a result and say where it is."""
    path = client.fetch(job_id, directory / FILE_NAMES[format], format)
    if unpack and format in {"zip", "html"}:
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(directory)
        path.unlink()
        path = directory
    print(path)


if __name__ == "__main__":
    sys.exit(main())
