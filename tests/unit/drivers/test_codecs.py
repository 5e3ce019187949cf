"""Values become bytes, and bytes the same values again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxstream.drivers import codec_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@pytest.fixture(scope="module")
def codec() -> Any:
    """The codec for JSON."""
    return codec_of("here", "json")


@given(value=JSON)
def test_json_is_what_the_standard_library_writes_and_reads(codec: Any, value: Any) -> None:
    raw = codec.encode(value)

    assert raw == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert codec.decode(raw) == value


@pytest.mark.parametrize("raw", [b' {"a": 1}', b'{"a": 1}\n', b'\t{"a":1} '])
def test_blanks_around_json_do_not_matter(codec: Any, raw: bytes) -> None:
    assert codec.decode(raw) == {"a": 1}


@pytest.mark.parametrize("raw", [b"", b"{", b"{} x", b"1 2", b"\xff"])
def test_what_is_no_json_is_refused(codec: Any, raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is the library's
        codec.decode(raw)


def test_what_contains_itself_is_refused_and_nothing_else_after_it(codec: Any) -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(ValueError, match="Circular"):
        codec.encode(endless)
    endless.clear()
    assert codec.encode([endless, endless]) == b"[[],[]]"


def test_what_has_no_form_in_json_is_refused_and_leaves_nothing_behind(codec: Any) -> None:
    with pytest.raises(TypeError):
        codec.encode([[object()]])

    assert codec.encode([[1]]) == b"[[1]]"


@given(value=JSON)
def test_msgpack_gives_back_what_it_was_given(value: Any) -> None:
    codec = codec_of("here", "msgpack")

    assert codec.decode(codec.encode(value)) == value
