"""How is the local stack brought up, found again, and taken down?

Everything it has lies under one directory, so that several can live side by side:

    stack.json      what callers need (the keys are part of the project's contract)
    processes.json  which processes run, on which ports
    identity/       the signing key of the stand-in for Supabase
    state/ objects/ what the emulator keeps over `make down`
    tmp/            where its functions run
    *.log           what the processes print
"""

import json
import os
import random
import shutil
import signal
import socket
import sys
import sysconfig
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from local import deployment, gaps, identity, processes, wait
from local.deployment import ROOT
from local.errors import StackError

EMULATOR = ROOT / ".local" / "emulator" / "bin" / "python"
HOST = "127.0.0.1"
DEFAULT_PORT = 4566
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: one that is free stays so until it is
used, also over `make down`."""
START_SECONDS = 120.0
"""How long the emulator may take to answer, and the API after a deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The processes of a stack."""

    pid: int
    port: int
    issuer_pid: int | None
    issuer_port: int | None


class Stack:
    """A local stack and its directory."""

    def __init__(self, directory: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory.resolve()
        self._environment = dict(environment or {})
        self._processes = self.directory / "processes.json"
        self._description = self.directory / "stack.json"

    def describe(self) -> dict[str, object]:
        """Read stack.json.

        Raises:
            StackError: The stack is not up.
        """
        if self.running() is None or not self._description.exists():
            raise StackError("No local stack is up. Start one: make up")
        description: dict[str, object] = json.loads(self._description.read_text())
        return description

    def running(self) -> Running | None:
        """Say which processes run, or None if the emulator does not."""
        recorded = self._recorded()
        if recorded and processes.belongs(recorded.pid, self.directory):
            return recorded
        return None

    def usual_port(self) -> int:
        """Give the port of the last time, or a free one if it cannot be had."""
        recorded = self._recorded()
        return recorded.port if recorded and _is_free(recorded.port) else free_port()

    def up(self, *, port: int | None = None, parameters: Mapping[str, str] | None = None) -> None:
        """Start what does not run, deploy what changed, and return when the API answers."""
        parameters = dict(parameters or {})
        with deployment.locked(self.directory / "lock"):
            wants_issuer = "SupabaseUrl" not in parameters
            running = self._started(port, wants_issuer=wants_issuer)
            self._deploy(running, parameters)
            if not wants_issuer and running.issuer_pid:
                # Not before: should the deployment fail, users have what they had.
                processes.end(running.issuer_pid, self.directory)
                self._record(replace(running, issuer_pid=None))

    def down(self) -> bool:
        """End the stack's processes, and say whether any ran. Its data stay."""
        with deployment.locked(self.directory / "lock"):
            return self._stop()

    @contextmanager
    def emulator_alone(self) -> Iterator[str]:
        """Run the emulator with nothing deployed to it, and give its endpoint."""
        port = free_port()
        pid = self._start_emulator(port)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            processes.end(pid, self.directory)
            shutil.rmtree(self.directory, ignore_errors=True)

    def token(self, name: str, *, role: str = "authenticated", ttl: int = 3600) -> str:
        """Sign an access token for the user of this name."""
        supabase_url = str(self.describe()["supabaseUrl"])
        recorded = self._recorded()
        if recorded is None or recorded.issuer_pid is None:
            raise StackError(f"This stack's users are {supabase_url}'s: get a token there.")
        key = identity.signing_key(self.directory / "identity")
        return identity.token(key, supabase_url=supabase_url, name=name, role=role, ttl=ttl)

    def _recorded(self) -> Running | None:
        if not self._processes.exists():
            return None
        return Running(**json.loads(self._processes.read_text()))

    def _started(self, port: int | None, *, wants_issuer: bool) -> Running:
        running = self.running()
        if running and port in (None, running.port):
            pid, port = running.pid, running.port
        else:
            port = port or DEFAULT_PORT
            _require_free(port)
            moved_from = self._recorded()
            self._stop()
            if moved_from and moved_from.port != port:
                self._move(moved_from.port, port)
            pid = self._start_emulator(port)
        issuer_pid, issuer_port = self._issuer(wanted=wants_issuer)
        started = Running(pid=pid, port=port, issuer_pid=issuer_pid, issuer_port=issuer_port)
        self._record(started)
        return started

    def _record(self, running: Running) -> None:
        self._processes.write_text(json.dumps(asdict(running)))

    def _move(self, old: int, new: int) -> None:
        """Have what was kept under one port found under another: addresses of queues hold it."""
        for path in (self.directory / "state").glob("*.json"):
            kept = path.read_bytes()
            path.write_bytes(
                kept.replace(b"%s:%d" % (HOST.encode(), old), b"%s:%d" % (HOST.encode(), new))
            )

    def _start_emulator(self, port: int) -> int:
        temporary = self.directory / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        pid = processes.start(
            [EMULATOR, ROOT / "local" / "emulator" / "launch.py", _site_packages()],
            directory=self.directory,
            log=self.directory / "emulator.log",
            environment={
                "BIND_HOST": HOST,
                "MINISTACK_HOST": HOST,
                "GATEWAY_PORT": str(port),
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "AUTH": "true",
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self.directory / "state"),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(self.directory / "objects"),
                "TMPDIR": str(temporary),
                **self._environment,
            },
        )
        health = f"http://{HOST}:{port}/_ministack/health"
        answered = wait.until(
            lambda: not processes.is_alive(pid) or _answers(health), within=START_SECONDS
        )
        if not (answered and processes.is_alive(pid)):
            processes.end(pid, self.directory)
            raise StackError(f"The emulator did not start: {self.directory / 'emulator.log'}")
        return pid

    def _issuer(self, *, wanted: bool) -> tuple[int | None, int | None]:
        recorded = self._recorded()
        pid = recorded.issuer_pid if recorded else None
        port = recorded.issuer_port if recorded else None
        if pid and processes.belongs(pid, self.directory):
            return pid, port
        if not wanted:
            return None, port
        # The same port as last time, if it can be had: the functions know the issuer by it.
        port = port if port and _is_free(port) else free_port()
        identity.signing_key(self.directory / "identity")
        pid = processes.start(
            [sys.executable, "-m", "local.identity", self.directory / "identity", str(port)],
            directory=self.directory,
            log=self.directory / "issuer.log",
            environment={"PYTHONPATH": str(ROOT)},
        )
        keys = f"http://{HOST}:{port}{identity.JWKS_PATH}"
        if not wait.until(lambda: _answers(keys), within=START_SECONDS):
            raise StackError(f"The token issuer did not start: {self.directory / 'issuer.log'}")
        return pid, port

    def _deploy(self, running: Running, parameters: dict[str, str]) -> None:
        endpoint = f"http://{HOST}:{running.port}"
        session = deployment.session()
        cloudformation = session.client("cloudformation", endpoint_url=endpoint)
        supabase_url = parameters.get("SupabaseUrl", f"http://{HOST}:{running.issuer_port}")
        given = {
            "Stage": "local",
            "SupabaseUrl": supabase_url,
            "AllowPrivateNetworks": "true",
            **parameters,
        }
        changed = deployment.deploy(
            cloudformation, directory=self.directory, endpoint_url=endpoint, given=given
        )
        deployed = gaps.read(cloudformation, deployment.STACK_NAME)
        gaps.add_routes(deployed, session.client("apigatewayv2", endpoint_url=endpoint))
        gaps.expire_items(deployed, session.client("dynamodb", endpoint_url=endpoint))
        functions = session.client("lambda", endpoint_url=endpoint)
        gaps.reserve_concurrency(deployed, functions)
        gaps.limit_concurrency(deployed, functions)
        gaps.expire_objects(deployed, session.client("s3", endpoint_url=endpoint))
        found = deployment.outputs(cloudformation)
        api_url = f"{endpoint}/_aws/execute-api/{found['HttpApiId']}"
        self._write(running, endpoint, api_url, supabase_url, found)
        if changed:
            self._save(running.pid)
        if not wait.until(lambda: _answers(f"{api_url}/api/health"), within=START_SECONDS):
            raise StackError(f"The API does not answer: {self.directory / 'emulator.log'}")

    def _write(
        self,
        running: Running,
        endpoint: str,
        api_url: str,
        supabase_url: str,
        found: Mapping[str, str],
    ) -> None:
        description = {
            "apiUrl": api_url,
            "endpointUrl": endpoint,
            "region": deployment.REGION,
            "stackName": deployment.STACK_NAME,
            "tableName": found["TableName"],
            "queueUrl": found["QueueUrl"],
            "deadLetterQueueUrl": found["DeadLetterQueueUrl"],
            "bucketName": found["BucketName"],
            "supabaseUrl": supabase_url,
            "workerFunction": found["WorkerFunctionName"],
            "apiFunction": found["ApiFunctionName"],
            "pid": running.pid,
        }
        self._description.write_text(json.dumps(description, indent=2) + "\n")

    def _save(self, pid: int) -> None:
        """Have the emulator write down what was deployed: it might be killed at any moment."""
        saved = self.directory / "state" / "saved"
        saved.unlink(missing_ok=True)
        os.kill(pid, signal.SIGUSR1)
        wait.until(saved.exists, within=START_SECONDS)

    def _stop(self) -> bool:
        recorded = self._recorded()
        was_running = self.running() is not None
        if recorded:
            processes.end(recorded.pid, self.directory)
            if recorded.issuer_pid:
                processes.end(recorded.issuer_pid, self.directory)
        processes.end_orphans(self.directory)
        self._description.unlink(missing_ok=True)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)
        return was_running


def _site_packages() -> Path:
    return Path(sysconfig.get_paths()["purelib"])


def _require_free(port: int) -> None:
    if not _is_free(port):
        raise StackError(
            f"Port {port} is taken by another program. Choose another: make up PORT={port + 1}"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Find a port that nobody listens on.

    Raises:
        StackError: All of them are taken.
    """
    for port in random.sample(PORTS, len(PORTS)):
        if _is_free(port):
            return port
    raise StackError(f"No port from {PORTS.start} to {PORTS.stop} is free.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
