import asyncio
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from local import sam_local
from local.deployment import ROOT
from local.errors import StackError
from local.stack import Stack, free_port
from tests.support import wait

EVENTS = sorted((ROOT / "events").glob("*.json"))
FUNCTION = {"api": "ApiFunction", "worker": "WorkerFunction", "sweeper": "SweeperFunction"}
PAGE = (ROOT / "docs" / "development.md").read_text()


def test_the_derived_template_declares_the_endpoint_and_nothing_else() -> None:
    text = (ROOT / "template.yaml").read_text()

    derived, plain = yaml_parse(sam_local.declared(text)), yaml_parse(text)

    added = derived["Globals"]["Function"]["Environment"]["Variables"].pop("AWS_ENDPOINT_URL")
    assert added == ""
    assert json.dumps(derived) == json.dumps(plain)


def test_containers_find_the_stack_at_the_bridge() -> None:
    told = {"ApiFunction": {"SUPABASE_URL": "http://127.0.0.1:7", "TABLE_NAME": "jobs"}}

    given = sam_local.variables(told, endpoint_url="http://127.0.0.1:4566", address="172.17.0.1")

    assert given["ApiFunction"] == {
        "SUPABASE_URL": "http://172.17.0.1:7",
        "TABLE_NAME": "jobs",
        "AWS_ENDPOINT_URL": "http://172.17.0.1:4566",
    }


def test_connections_are_relayed_in_both_directions() -> None:
    async def exchange() -> bytes:
        async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.read(100)).upper())
            writer.close()

        near, ready = free_port(), asyncio.Event()
        async with await asyncio.start_server(shout, "127.0.0.1", 0) as server:
            far = server.sockets[0].getsockname()[1]
            relaying = asyncio.create_task(sam_local.relay("127.0.0.1", {near: far}, ready))
            await ready.wait()
            reader, writer = await asyncio.open_connection("127.0.0.1", near)
            writer.write(b"hello")
            answer = await asyncio.wait_for(reader.read(100), 30)
            writer.close()
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)
        return answer

    assert asyncio.run(exchange()) == b"HELLO"


def test_without_an_engine_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    with pytest.raises(StackError, match="needs a Docker engine"):
        sam_local.bridge_address()


@pytest.mark.parametrize("told", ["172.17.0.1 172.17.0.0/16\n", " 172.17.0.0/16\n"])
def test_the_host_is_found_even_by_a_daemon_that_has_just_started(told: str) -> None:
    assert sam_local.gateway(told) == "172.17.0.1"


def test_every_event_and_every_command_is_in_the_documentation() -> None:
    named = {f"{kind}-" for kind in FUNCTION}

    assert {path.name.split("-")[0] + "-" for path in EVENTS} == named
    assert all(function in PAGE for function in FUNCTION.values())
    assert "local.sam_local" in PAGE


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_sam_local_invokes_the_function_with_the_event(path: Path, running: str) -> None:
    function = FUNCTION[path.stem.split("-")[0]]
    [command] = [line for line in sam_local.commands().splitlines() if f"invoke {function}" in line]
    words = [str(path) if word.startswith("events/") else word for word in command.split()]

    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    assert "errorType" not in answer, answer


def listens(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


@pytest.mark.slow
@pytest.mark.stack
def test_sam_local_serves_the_api_to_a_signed_in_user(running: str) -> None:
    port = free_port()
    [command] = [line for line in sam_local.commands().splitlines() if "start-api" in line]
    headers = {"Authorization": f"Bearer {sam_local.token(running)}"}
    url = f"http://127.0.0.1:{port}/api/jobs"
    with subprocess.Popen([*command.split(), "--port", str(port)], cwd=ROOT) as serving:
        try:
            wait.until(lambda: listens("127.0.0.1", port), within=120)
            answer = httpx2.get(url, headers=headers, timeout=300)
            refused = httpx2.get(url, timeout=300)
        finally:
            serving.terminate()

    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert refused.status_code == 401


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    """Relay to the stack that is up, on a machine with a Docker engine; give the issuer's URL."""
    if not shutil.which("docker"):
        pytest.skip("there is no Docker here")
    try:
        address = sam_local.bridge_address()
        given = sam_local.prepare(Stack(sam_local.DIRECTORY), sam_local.DIRECTORY, address)
    except StackError as missing:
        pytest.skip(str(missing))
    process = subprocess.Popen([sys.executable, "-m", "local.sam_local"], cwd=ROOT)
    port = int(given["ApiFunction"]["AWS_ENDPOINT_URL"].rpartition(":")[2])
    try:
        wait.until(lambda: listens(address, port), within=120)
        yield given["ApiFunction"]["SUPABASE_URL"]
    finally:
        process.terminate()
        process.wait(10)
