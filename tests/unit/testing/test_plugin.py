"""The pytest plugin: the fixture, its marker, and how a failure reads."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from inspect import cleandoc
from pathlib import Path

import pytest

Ran = Callable[..., list[str]]


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Run a file of tests in a pytest of its own, with this plugin alone, and return the lines that it prints."""

    def run(tests: str, *options: str) -> list[str]:
        (tmp_path / "test_it.py").write_text(f"import pytest\nfrom rxstream import operators as ops\n\n{tests}\n")
        command = [sys.executable, "-W", "error", "-m", "pytest", "-p", "rxstream._pytest", "-q"]
        command += ["-p", "no:cacheprovider", "--strict-markers", *options]
        # Where CI is set, pytest shows more.
        usual = {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
        alone = {**usual, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "80"}
        # A test that fails is what is looked at.
        done = subprocess.run(command, check=False, cwd=tmp_path, env=alone, capture_output=True, text=True, timeout=60)
        return re.sub(r" in [\d.]+s", "", done.stdout + done.stderr).splitlines()

    return run


def test_the_fixture_is_the_kit_and_runs_at_the_end_of_the_test(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            def test_upper(marbles):
                marbles.expect(marbles.hot("-a-b|").pipe(ops.map(str.upper)), "-A-B|")
            """
        )
    )

    assert lines[-1] == "1 passed"


def test_a_failure_is_the_tests_own_and_shows_the_line_that_expected_it(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            def test_upper(marbles):
                source = marbles.hot("-a-b|")
                marbles.expect(source.pipe(ops.map(str.upper)), "-A--B|")
                marbles.expect(source, "-a-b|")
            """
        )
    )

    assert "\n".join(lines[1:]) == cleandoc(
        """
        =================================== FAILURES ===================================
        __________________________________ test_upper __________________________________

        marbles = Marbles(frame=1.0)

            def test_upper(marbles):
                source = marbles.hot("-a-b|")
        >       marbles.expect(source.pipe(ops.map(str.upper)), "-A--B|")
        E       AssertionError: Stream(hot) | map: at frame 3 expected nothing, got 'B'
        E{7}
        E         expected: -A--B|
        E         actual:   -A-B|
        E                      ^

        test_it.py:6: AssertionError
        =========================== short test summary info ============================
        FAILED test_it.py::test_upper - AssertionError: Stream(hot) | map: at frame 3...
        1 failed
        """
    ).replace("{7}", " " * 7)


def test_the_marker_says_how_long_a_frame_lasts(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            @pytest.mark.marbles(frame=0.1)
            def test_frame(marbles):
                assert marbles.time("---|").total_seconds() == 0.3
            """
        )
    )

    assert lines[-1] == "1 passed"


def test_the_marker_is_known_and_explained(ran: Ran) -> None:
    lines = ran("", "--markers")

    assert lines[0] == (
        "@pytest.mark.marbles(frame=1.0): how long a frame of the fixture marbles lasts, in seconds or as a timedelta"
    )


def test_a_test_that_expects_nothing_is_left_alone(ran: Ran) -> None:
    lines = ran("def test_nothing(marbles):\n    marbles.hot('a|')")

    assert lines[-1] == "1 passed"


def test_nothing_runs_after_a_failure_of_the_test_itself(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            def test_both(marbles):
                marbles.expect(marbles.hot("a|"), "b|")
                assert 1 == 2
            """
        )
    )

    assert [line for line in lines if line.startswith("E  ")] == ["E       assert 1 == 2"]


def test_what_streams_print_is_captured(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            def test_print(marbles):
                marbles.expect(marbles.hot("a|").pipe(ops.observe(print)), "a|")
            """
        )
    )

    assert (lines[-1], "a" in lines) == ("1 passed", False)


def test_a_failing_test_may_be_expected_to_fail(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            @pytest.mark.xfail(raises=AssertionError, strict=True)
            def test_fails(marbles):
                marbles.expect(marbles.hot("a|"), "b|")
            """
        )
    )

    assert lines[-1] == "1 xfailed"


def test_another_fixture_may_use_it(ran: Ran) -> None:
    lines = ran(
        cleandoc(
            """
            @pytest.fixture
            def expecting(marbles):
                marbles.expect(marbles.hot("a|"), "b|")

            def test_it(expecting):
                pass
            """
        )
    )

    assert lines[-1] == "1 failed"
