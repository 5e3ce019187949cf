"""Who goes from a roster is waited for until what was read before has come through."""

from rxstream.core import Partition, Partitions, Poll, Roster
from rxstream.delivery._rosters import Rosters

A, B = ("topic", 0), ("topic", 1)


class Batch:
    is_at_work = False


def roster(*unread: Partition, ours: tuple[Partition, ...] = (A, B)) -> Roster:
    return Roster(frozenset(ours), frozenset(unread))


def rosters() -> tuple[Rosters, Partitions]:
    told = Partitions(lambda _: A)
    return Rosters(told), told


def passed(made: Rosters, poll: Poll, batch: Batch | None = None) -> None:
    made.begin(poll)
    made.opened(batch or Batch())
    made.end()


def test_while_records_pass_they_are_unread() -> None:
    made, told = rosters()
    made.begin(Poll((), before=roster(A), behind=roster()))

    assert told.roster == roster(A)


def test_behind_them_they_are_not() -> None:
    made, told = rosters()
    passed(made, Poll((), before=roster(A), behind=roster()))

    assert told.roster == roster()


def test_as_long_as_one_is_worked_on_it_has_not_come_through() -> None:
    (made, told), batch = rosters(), Batch()
    batch.is_at_work = True
    passed(made, Poll((), before=roster(A), behind=roster()), batch)
    passed(made, Poll((), before=roster(B), behind=roster()))
    assert told.roster == roster(A, B)

    batch.is_at_work = False
    made.end()
    assert told.roster == roster()


def test_what_is_read_later_does_not_keep_who_went_before() -> None:
    (made, told), first, second = rosters(), Batch(), Batch()
    first.is_at_work = second.is_at_work = True
    passed(made, Poll((), before=roster(A), behind=roster(ours=(B,))), first)
    passed(made, Poll((), before=roster(B, ours=(B,)), behind=roster(ours=(B,))), second)

    first.is_at_work = False
    made.end()
    assert told.roster == roster(B, ours=(B,))


def test_who_has_another_reader_goes_at_once() -> None:
    (made, told), batch = rosters(), Batch()
    batch.is_at_work = True
    passed(made, Poll((), before=roster(A, B), behind=roster(A, B)), batch)
    made.begin(Poll((), gone=(B,)))

    assert told.roster == roster(A, ours=(A,))


def test_a_source_of_one_partition_has_no_roster() -> None:
    made, told = rosters()
    passed(made, Poll((1, 2)))

    assert (told.roster, made.has_news) == (roster(ours=()), False)


def test_nobody_is_told_what_is_no_news() -> None:
    (made, told), heard = rosters(), list[Roster]()
    told.listen(lambda: heard.append(told.roster))
    for _ in range(3):
        passed(made, Poll((), before=roster(A), behind=roster(A)))

    assert heard == [roster(A)]
