from docgen.options import Limits
from docgen.pace import Pace


def a_pace(delay: float = 0.0) -> Pace:
    return Pace(Limits(concurrency=10), delay=delay)


def test_a_quick_site_gets_all_ten_from_the_start() -> None:
    assert a_pace().width == 10


def test_a_refusal_halves_the_width_and_makes_a_pause() -> None:
    pace = a_pace()
    pace.refused(7.0, now=100.0)
    assert pace.width == 5
    assert pace.wait(100.0) == 7.0
    assert pace.wait(107.0) == 0.0


def test_no_pause_is_longer_than_the_limit() -> None:
    pace = a_pace()
    pace.refused(86_400.0, now=0.0)
    assert pace.wait(0.0) == Limits().retry_after.total_seconds()


def test_a_site_that_does_not_want_to_be_asked_for_an_hour_is_given_up_soon() -> None:
    pace = a_pace()
    for _ in range(2):
        pace.refused(3600.0, now=0.0)
    assert not pace.is_lost
    pace.refused(3600.0, now=0.0)
    assert pace.is_lost


def test_many_refusals_at_once_count_as_one() -> None:
    pace = a_pace()
    for _ in range(10):
        pace.refused(None, now=100.0)
    assert pace.width == 5


def test_the_width_comes_back_step_by_step() -> None:
    pace = a_pace()
    for second in range(10):
        pace.refused(None, now=second * 2.0)
    assert pace.width == 1
    for _ in range(100):
        pace.answered(0.1, now=100.0)
    assert pace.width == 10


def test_a_site_that_grows_slow_is_asked_less() -> None:
    pace = a_pace()
    pace.answered(0.2, now=0.0)
    for second in range(20):
        pace.answered(5.0, now=second * 2.0)
    assert pace.width < 5


def test_a_site_that_was_always_slow_is_not_suspected() -> None:
    pace = a_pace()
    for second in range(20):
        pace.answered(2.0, now=second * 2.0)
    assert pace.width == 10


def test_a_delay_that_is_asked_for_is_kept_up_to_the_limit() -> None:
    pace = a_pace(delay=2.0)
    pace.sent(now=10.0)
    assert (pace.width, pace.wait(10.0)) == (1, 2.0)
    patient = a_pace(delay=3600.0)
    patient.sent(now=10.0)
    assert patient.wait(10.0) == Limits().crawl_delay.total_seconds()


def test_a_site_that_only_fails_is_given_up() -> None:
    pace = a_pace()
    for _ in range(29):
        pace.failed(now=0.0)
    assert not pace.is_lost
    pace.failed(now=0.0)
    assert pace.is_lost
    pace.answered(0.1, now=0.0)
    assert not pace.is_lost
