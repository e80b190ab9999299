import fcntl
from pathlib import Path

import pytest
from docsnap.workspace import workspace


def directories(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()]


def test_a_workspace_is_gone_afterwards_with_all_that_is_in_it(tmp_path: Path) -> None:
    with workspace(tmp_path) as directory:
        (directory / "deep" / "down").mkdir(parents=True)
        (directory / "deep" / "file").write_text("pages")

    assert directories(tmp_path) == []


def test_a_workspace_is_gone_also_when_the_attempt_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), workspace(tmp_path):
        raise RuntimeError

    assert directories(tmp_path) == []


def test_workspaces_of_several_workers_live_side_by_side(tmp_path: Path) -> None:
    with workspace(tmp_path) as one, workspace(tmp_path) as other:
        assert one != other
        assert one.is_dir()
        assert other.is_dir()


def test_what_a_killed_worker_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "docsnap-killed"
    left.mkdir()
    (left / "lock").touch()
    (left / "checkpoint.sqlite").touch()

    with workspace(tmp_path) as mine:
        assert directories(tmp_path) == [mine]


def test_what_another_worker_uses_is_left_alone(tmp_path: Path) -> None:
    used = tmp_path / "docsnap-used"
    used.mkdir()
    with (used / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with workspace(tmp_path):
            pass

    assert directories(tmp_path) == [used]


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "docsnap-not-mine").mkdir()
    (tmp_path / "else").mkdir()

    with workspace(tmp_path):
        pass

    assert len(directories(tmp_path)) == 2
