import importlib
from pathlib import Path

import pytest

from benchmarks import __main__ as suite
from benchmarks import bench_convert, bench_scale, environments
from benchmarks.measure import ratios, rounds, spread, table

PAGE = "<main><h1>Title</h1><p>Some words.</p><pre>x = 1</pre></main><nav>elsewhere</nav>"


@pytest.mark.parametrize("name", suite.names())
def test_every_benchmark_asks_a_question_and_answers_it(name: str) -> None:
    module = importlib.import_module(f"benchmarks.bench_{name}")

    assert module.QUESTION.endswith("?")
    assert callable(module.run)


def test_contenders_are_measured_in_turn() -> None:
    order: list[str] = []

    found = rounds({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)

    assert order == ["a", "b"] * 3
    assert len(found["a"]) == len(found["b"]) == 3


def test_a_median_is_told_with_its_spread() -> None:
    assert spread([3.0, 1.0, 2.0], 1) == "2.0 (1.0 to 3.0)"
    assert ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    assert table(("a", "b"), [["x", 1]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_an_answer_replaces_its_own_section_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "PAGE", tmp_path / "performance.md")
    suite.write({"start": "old\n", "scale": "kept\n"})

    suite.write({"start": "new\n"})

    text = suite.PAGE.read_text()
    assert "new" in text
    assert "old" not in text
    assert text.index("kept") < text.index("new")


def test_what_is_missing_is_said_in_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> str:
        raise environments.Missing("apt-get install redis-server")

    monkeypatch.setattr(bench_scale, "run", run)

    assert "Not measured here: apt-get install redis-server" in suite.answer("scale")


def test_the_score_falls_with_what_is_lost_and_with_what_is_too_much() -> None:
    def shares(markdown: str) -> list[float]:
        score = bench_convert.Score()
        score.add(PAGE, markdown)
        return score.shares()

    good = "# Title\n\nSome words.\n\n```\nx = 1\n```\n"
    assert shares(good) == [1.0, 1.0, 1.0, 1.0]
    assert shares(good.replace("words", ""))[0] < 1
    assert shares(good + "elsewhere")[1] < 1
    assert shares(good.replace("```", ""))[2] == 0
    assert shares(good.replace("Title", "Title ¶"))[3] == 0


def test_others_jobs_add_nothing_to_what_is_read() -> None:
    few = bench_scale._ask(own=20, others=2)
    many = bench_scale._ask(own=20, others=300)

    assert few == many
    assert few["stats"].items == 20
