import pytest

from local.emulator.launch import COPIES, steadied


def test_a_state_that_changes_while_it_is_copied_is_copied_again() -> None:
    changes = [RuntimeError("dictionary changed size during iteration")] * (COPIES - 1)

    def get_state() -> str:
        if changes:
            raise changes.pop()
        return "the state"

    assert steadied(get_state)() == "the state"


def test_a_state_that_never_rests_is_left_to_the_next_save() -> None:
    copies = []

    def get_state() -> None:
        copies.append(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        steadied(get_state)()
    assert len(copies) == COPIES
