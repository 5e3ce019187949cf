"""Items printed, one a line."""

import pytest

import rxstream as rs


def test_it_prints_each_item_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    rs.run(rs.from_iterable(["a", 1, None, {"k": 2}]).to(rs.to_console()))

    assert capsys.readouterr() == ("a\n1\nNone\n{'k': 2}\n", "")


def test_a_printed_item_is_an_emitted_one(capsys: pytest.CaptureFixture[str]) -> None:
    report = rs.run(rs.from_iterable(["a", "b"]).to(rs.to_console(), name="p"))

    assert (report["p"].emitted, capsys.readouterr().out) == (2, "a\nb\n")
