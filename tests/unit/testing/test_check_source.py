"""The check of a source finds each rule that is broken, and nothing else."""

import asyncio
from typing import Any

import pytest

import rxstream as rs
from rxstream.testing import _calling, _read_source, check_source
from tests.unit.testing import shelf

LETTERS = list("abcdefghij")
AT = "('shelf', 0)"


@pytest.mark.parametrize(
    "source", [shelf.Shelf, shelf.Quiet, shelf.Silent, shelf.Forgetful, shelf.Unnumbered, shelf.Plain]
)
def test_who_keeps_the_contract_passes(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_read_source, "_QUIET", 0.02)
    monkeypatch.setattr(_read_source, "_SILENT", 0.1)
    check_source(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (shelf.Shut, "Shut.open must get ready, also when called again; it raised OSError('shut'). See the cause."),
        (shelf.Failing, "Failing.read must give what there is; it raised OSError('torn'). See the cause."),
        (
            shelf.Stingy,
            "Stingy.read must give records to check it by; got none. Let factory put some there.",
        ),
        (
            shelf.Scalar,
            "Scalar.read must give a list of Events, or None at the end; got ['a']. "
            "Wrap each value: rs.Event(value, origin=rs.Origin(source, partition, offset)).",
        ),
        (
            shelf.Generous,
            "Generous.read must give no more than max_items=3; got 4. Keep the rest for the next read.",
        ),
        (
            shelf.Confused,
            "Confused.read must give offsets that are whole numbers and increase within a partition; "
            f"got 0 after 1 in {AT}. Number the items in the order in which read gives them.",
        ),
        (
            shelf.Restless,
            "Restless.read must go on to give None after the end; "
            "got [Event('j', origin=('shelf', 0, 18))]. Remember that it has ended.",
        ),
        (
            shelf.Unready,
            "Unready.close must do no harm before open, which may have failed; "
            "it raised RuntimeError('never opened'). Let it do nothing where nothing is open.",
        ),
        (
            shelf.Fragile,
            "Fragile.close must do no harm where it is closed already; "
            "it raised RuntimeError('closed already'). Let it do nothing where nothing is open.",
        ),
        (
            shelf.Hasty,
            "Hasty.read must give all again after a restart without a commit; "
            f"got {{}} for {{{AT}: {LETTERS}}}. Mend open or commit.",
        ),
        (
            shelf.Late,
            f"Late.read must go on at what is committed, {{{AT}: 10}}, after a restart; "
            f"got {{{AT}: {LETTERS[6:]}}} for {{{AT}: {LETTERS[5:]}}}. Mend open or commit.",
        ),
        (
            shelf.Early,
            f"Early.read must go on at what is committed, {{{AT}: 10}}, after a restart; "
            f"got {{{AT}: {LETTERS[4:]}}} for {{{AT}: {LETTERS[5:]}}}. Mend open or commit.",
        ),
        (
            shelf.Strict,
            "Strict.commit must take the same positions again; it raised ValueError('that is committed'). "
            "See the cause.",
        ),
        (
            shelf.LastTwice,
            f"LastTwice.read must give nothing after a restart where all is committed, {{{AT}: 19}}; "
            f"got {{{AT}: ['j']}} for {{}}. Mend open or commit.",
        ),
        (
            shelf.Rewinding,
            "Rewinding.read must go on where it was after a commit; "
            f"got {[*LETTERS[:3], *LETTERS[4:]]} for {LETTERS}. Take nothing away before it is given.",
        ),
        (
            shelf.Losing,
            "Losing.read must lose nothing where it is cancelled; "
            f"got {LETTERS[3:]} for {LETTERS}. Take nothing away before it is given.",
        ),
    ],
)
def test_who_breaks_a_rule_is_told_which(source: Any, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_source(source)

    assert str(caught.value) == f"check_source: {message}"


def test_what_should_be_there_is_compared_with_what_comes() -> None:
    with pytest.raises(AssertionError) as caught:
        check_source(lambda: (shelf.Skipping(), LETTERS))

    assert str(caught.value) == (
        f"check_source: Skipping.read must give {LETTERS!r}, once each and in order; "
        f"got {[*LETTERS[:3], *LETTERS[4:]]}. Mend read."
    )


def test_what_lacks_a_method_is_told_so() -> None:
    with pytest.raises(AssertionError) as caught:
        check_source(object)

    assert str(caught.value) == (
        "check_source: source must have the methods open, read, commit and close; "
        "object has no open and no read and no commit and no close. Add what is missing, see rs.Source."
    )


def test_what_never_comes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(shelf.Shelf):
        async def close(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(_calling, "PATIENCE", 0.01)
    with pytest.raises(AssertionError) as caught:
        check_source(Stuck)

    assert str(caught.value) == (
        "check_source: Stuck.close must let go of everything; it was not done after 0.01 s. "
        "Let it do nothing where nothing is open."
    )


def test_the_factory_may_be_async() -> None:
    async def made() -> Any:
        await asyncio.sleep(0)
        return shelf.Shelf(), LETTERS

    check_source(made)


def test_it_can_be_asked_where_a_loop_runs() -> None:
    async def check() -> None:
        check_source(shelf.Shelf)
        with pytest.raises(AssertionError, match="must give records"):
            check_source(shelf.Stingy)

    asyncio.run(check())


@pytest.mark.parametrize(
    "stream", [lambda: rs.from_iterable(range(9)), lambda: rs.from_source(shelf.Shelf())], ids=["iterable", "source"]
)
def test_rxstreams_own_sources_pass(stream: Any) -> None:
    check_source(stream)
