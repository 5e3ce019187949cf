"""Messages that failed go back to their broker, and nothing else does."""

import pytest

import rxstream as rs


def test_what_is_no_message_of_a_broker_cannot_be_rejected() -> None:
    with pytest.raises(rs.DeliveryError) as caught:
        rs.handlers.reject()(rs.Event("x"), ValueError("bad"))

    assert str(caught.value) == (
        "reject: the failed item must be an unacknowledged message of from_amqp; got Event('x'). "
        "Use rs.handlers.dead_letter(…) for other sources."
    )


def test_requeue_is_yes_or_no() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.handlers.reject("later")  # type: ignore[arg-type]  # that is the point

    assert str(caught.value) == "reject: requeue must be True or False; got 'later'. Give one of them."
