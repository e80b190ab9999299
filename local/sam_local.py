"""How do `sam local invoke` and `sam local start-api` reach the local stack?

Their containers have a loopback of their own, and `sam local` sets only variables that a template
declares. So this derives, from the stack that is up, a template that declares AWS_ENDPOINT_URL and
a file with every function's variables, and relays from Docker's bridge to the loopback, where the
stack listens. It prints the commands, and relays until it is interrupted.

    python -m local.sam_local
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse  # type: ignore[import-untyped]

from local import deployment, gaps, identity
from local.errors import StackError
from local.stack import HOST, Stack

DIRECTORY = deployment.ROOT / os.environ.get("LOCAL_DIR", ".local")
"""The stack that is meant, as `make` has it."""
ENDPOINT = "AWS_ENDPOINT_URL"
FUNCTIONS = ("ApiFunction", "WorkerFunction", "SweeperFunction")
CHUNK = 1 << 16


def bridge_address() -> str:
    """Ask Docker for the host's address on its bridge.

    Raises:
        StackError: No Docker engine runs here.
    """
    form = "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}"
    try:
        asked = subprocess.run(
            ["docker", "network", "inspect", "bridge", "--format", form],
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise StackError("`sam local` needs a Docker engine, and there is none.") from exc
    if asked.returncode:
        raise StackError(f"`sam local` needs a Docker engine: {asked.stderr.strip()}")
    return gateway(asked.stdout)


def gateway(told: str) -> str:
    """Pick the host's address: the gateway, or what a daemon without one takes for it."""
    *named, subnet = told.split()
    return named[0] if named else str(next(ip_network(subnet).hosts()))


def declared(template: str) -> str:
    """Have a built template declare the endpoint, for `sam local` sets no other variables."""
    parsed: dict[str, Any] = yaml_parse(template)
    parsed["Globals"]["Function"]["Environment"]["Variables"][ENDPOINT] = ""
    return str(yaml_dump(parsed))


def variables(
    functions: Mapping[str, Mapping[str, str]], *, endpoint_url: str, address: str
) -> dict[str, dict[str, str]]:
    """Give the functions' variables as containers need them: the host by its bridge address."""
    return {
        name: {
            key: value.replace(HOST, address)
            for key, value in {**values, ENDPOINT: endpoint_url}.items()
        }
        for name, values in functions.items()
    }


def prepare(stack: Stack, directory: Path, address: str) -> dict[str, dict[str, str]]:
    """Write the template and the variables, and return the latter."""
    endpoint = str(stack.describe()["endpointUrl"])
    session = deployment.session()
    found = gaps.read(
        session.client("cloudformation", endpoint_url=endpoint), deployment.STACK_NAME
    )
    functions = session.client("lambda", endpoint_url=endpoint)
    deployed = {
        name: functions.get_function_configuration(FunctionName=found.physical_ids[name])[
            "Environment"
        ]["Variables"]
        for name in FUNCTIONS
    }
    _, built = deployment.build()
    (built.parent / "sam-local.yaml").write_text(declared(built.read_text()))
    link = directory / "sam-local"
    link.unlink(missing_ok=True)
    link.symlink_to(built.parent, target_is_directory=True)
    given = variables(deployed, endpoint_url=endpoint, address=address)
    (directory / "sam-local.env.json").write_text(json.dumps(given, indent=2) + "\n")
    return given


async def relay(address: str, ports: Mapping[int, int], ready: asyncio.Event) -> None:
    """Carry connections from the address to the loopback, port by port, until cancelled."""

    def carrying(target: int) -> Any:
        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                there = await asyncio.open_connection(HOST, target)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))

        return carry

    servers = [
        await asyncio.start_server(carrying(target), address, port)
        for port, target in ports.items()
    ]
    ready.set()
    try:
        await asyncio.gather(*(server.serve_forever() for server in servers))
    finally:
        for server in servers:
            server.close()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
    except ConnectionError:
        pass  # the other side has learnt it too
    finally:
        target.close()


def token(supabase_url: str) -> str:
    """Sign a token that a function in a container accepts: its issuer is found at the bridge."""
    key = identity.signing_key(DIRECTORY / "identity")
    return identity.token(key, supabase_url=supabase_url, name="ada")


def commands() -> str:
    """Spell out what to run."""
    options = (
        f"-t {DIRECTORY}/sam-local/sam-local.yaml -n {DIRECTORY}/sam-local.env.json "
        "--region us-east-1 "
        f"--parameter-overrides Stage=local Architecture={deployment.ARCHITECTURE} "
        f"SupabaseUrl=http://{HOST}:1"
    )
    return "\n".join(
        (
            "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test",
            f".venv/bin/sam local invoke ApiFunction -e events/api-health.json {options}",
            f".venv/bin/sam local invoke WorkerFunction -e events/worker-job.json {options}",
            f".venv/bin/sam local invoke SweeperFunction -e events/sweeper-tick.json {options}",
            f".venv/bin/sam local start-api {options}",
        )
    )


def main() -> int:
    """Prepare, print the commands, and relay."""
    stack = Stack(DIRECTORY)
    try:
        address = bridge_address()
        given = prepare(stack, DIRECTORY, address)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    supabase_url = given["ApiFunction"]["SUPABASE_URL"]
    ports = [int(url.rpartition(":")[2]) for url in (given["ApiFunction"][ENDPOINT], supabase_url)]
    print(commands(), f"export TOKEN={token(supabase_url)}", sep="\n")
    print(f"Relaying {address}:{ports} to {HOST}. End it with Ctrl-C.", file=sys.stderr)
    try:
        asyncio.run(relay(address, {port: port for port in ports}, asyncio.Event()))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"Cannot listen on {address}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
