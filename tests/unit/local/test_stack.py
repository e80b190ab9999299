import json
import socket
from pathlib import Path

import pytest

from local.errors import StackError
from local.stack import Stack, free_port


def test_a_stack_that_is_not_up_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="make up"):
        Stack(tmp_path).describe()


def test_taking_down_what_is_not_up_is_harmless(tmp_path: Path) -> None:
    assert Stack(tmp_path).down() is False


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} is taken .* make up PORT={port + 1}$"):
            Stack(tmp_path).up(port=port)

    assert not (tmp_path / "processes.json").exists()


def test_a_free_port_is_none_that_an_outgoing_connection_would_take() -> None:
    ports = {free_port() for _ in range(50)}

    assert len(ports) > 40
    with socket.create_server(("127.0.0.1", 0)) as given:
        assert max(ports) < given.getsockname()[1]


@pytest.mark.parametrize("is_taken", [False, True])
def test_the_usual_port_is_that_of_the_last_time_if_it_can_be_had(
    tmp_path: Path, is_taken: bool
) -> None:
    port = free_port()
    last = {"pid": 2**22 + 1, "port": port, "issuer_pid": None, "issuer_port": None}
    (tmp_path / "processes.json").write_text(json.dumps(last))

    with socket.socket() as other:
        if is_taken:
            other.bind(("127.0.0.1", port))
            other.listen()
        assert (Stack(tmp_path).usual_port() != port) is is_taken
