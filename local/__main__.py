"""`python -m local COMMAND`: the commands behind the Makefile that concern the local stack."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from local import demo, lock
from local.deployment import ROOT, parse_parameters
from local.errors import StackError
from local.stack import Stack


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local")
    default = os.environ.get("LOCAL_DIR", ".local")
    parser.add_argument("--directory", type=Path, default=ROOT / default)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("--port", type=_port)
    up.add_argument("--params", default="")
    commands.add_parser("down")
    token = commands.add_parser("token")
    token.add_argument("user")
    token.add_argument("--role", default="authenticated")
    token.add_argument("--ttl", type=int, default=3600)
    commands.add_parser("lock")
    demonstration = commands.add_parser("demo")
    demonstration.add_argument("--url")
    demonstration.add_argument("--port", type=_port)
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {2**16 - 1}, not {text!r}")
    return int(text)


def _up(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    stack = Stack(arguments.directory)
    print("Local stack: sam build, sam deploy …", flush=True)
    stack.up(port=arguments.port, parameters=parse_parameters(arguments.params))
    seconds = time.monotonic() - began
    print(f"DocSnap answers at {stack.describe()['apiUrl']} ({seconds:.1f} s)")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    ran = Stack(arguments.directory).down()
    print("The local stack is down; its data stay." if ran else "No local stack was up.")
    return 0


def _token(arguments: argparse.Namespace) -> int:
    if not arguments.user:
        raise StackError("Whose token? make token USER=<name>")
    stack = Stack(arguments.directory)
    print(stack.token(arguments.user, role=arguments.role, ttl=arguments.ttl))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    # A stack of its own: what somebody has running stays as it is.
    directory = arguments.directory / "stacks" / "demo"
    return demo.run(arguments.url, directory=directory, port=arguments.port)


def _lock(_: argparse.Namespace) -> int:
    lock.run()
    return 0


COMMANDS = {"up": _up, "down": _down, "token": _token, "demo": _demo, "lock": _lock}


def main() -> int:
    """Run the command; say in one line what stands in its way."""
    arguments = _arguments()
    # Whoever ends a demo expects nothing to be left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return COMMANDS[arguments.command](arguments)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
