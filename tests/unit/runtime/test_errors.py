"""The tree of errors, and where an error says it happened."""

import pytest

import rxstream as rs


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (rs.RxstreamError, [Exception]),
        (rs.ConfigurationError, [rs.RxstreamError]),
        (rs.MissingExtraError, [rs.ConfigurationError, ImportError]),
        (rs.UntrackedOperatorError, [rs.ConfigurationError]),
        (rs.NotRunningError, [rs.RxstreamError]),
        (rs.StreamError, [rs.RxstreamError]),
        (rs.OutOfOrderError, [rs.StreamError]),
        (rs.DecodeError, [rs.StreamError]),
        (rs.DeliveryError, [rs.StreamError]),
        (rs.BatchError, [rs.DeliveryError]),
        (rs.ConnectError, [rs.StreamError, ConnectionError]),
        (rs.StateError, [rs.StreamError]),
        (rs.BufferOverflowError, [rs.StreamError]),
    ],
)
def test_the_tree_of_errors(error: type[BaseException], parents: list[type[BaseException]]) -> None:
    assert list(error.__bases__) == parents


def test_an_error_that_passed_through_no_pipeline_happened_nowhere() -> None:
    assert rs.error_context(ValueError()) == (None, None, None)


def test_a_context_has_names_for_its_parts() -> None:
    context = rs.error_context(ValueError())

    assert (context.pipeline, context.operator, context.item) == (None, None, None)


def test_a_batch_error_keeps_a_copy_of_its_errors() -> None:
    errors = {0: ValueError("a")}
    error = rs.BatchError(errors)
    errors.clear()

    assert list(error.errors) == [0]
