"""Codecs: values to bytes and back."""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, Protocol, cast

from rxstream.core import Event, did_you_mean
from rxstream.drivers.clients import require_client
from rxstream.errors import ConfigurationError, DecodeError


class Codec(Protocol):
    """How values become bytes and bytes values. Both may raise; the error is the item's."""

    def encode(self, value: Any) -> bytes:
        """Make bytes of a value."""

    def decode(self, raw: bytes) -> Any:
        """Make a value of bytes."""


class _Bytes:
    def encode(self, value: Any) -> bytes:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        raise TypeError(f'codec "bytes": a value must be bytes; got {value!r}. Say codec="str" or "json".')

    def decode(self, raw: bytes) -> Any:
        return raw


class _Str:
    def encode(self, value: Any) -> bytes:
        if isinstance(value, str):
            return value.encode()
        raise TypeError(f'codec "str": a value must be text; got {value!r}. Say codec="json", or map it to str.')

    def decode(self, raw: bytes) -> Any:
        return raw.decode()


class _Json:
    def __init__(self) -> None:
        #: What is being written, so that what contains itself is found out.
        self._under_way: dict[int, Any] = {}
        self._parts_of = _json_parts(self._under_way)
        decoder = json.JSONDecoder()
        self._read, self._read_first = decoder.decode, decoder.raw_decode

    def encode(self, value: Any) -> bytes:
        try:
            return "".join(self._parts_of(value, 0)).encode()
        except BaseException:
            self._under_way.clear()
            raise

    def decode(self, raw: bytes) -> Any:
        text = raw.decode()
        try:
            # Without a look for blanks around it: there mostly are none.
            value, end = self._read_first(text)
        except ValueError:
            return self._read(text)
        return value if end == len(text) else self._read(text)


def _json_parts(under_way: dict[int, Any]) -> Callable[[Any, int], Iterable[str]]:
    """Make what writes values in JSON, piece by piece.

    `json.JSONEncoder` makes it anew for each value, which costs a third of the whole; so it is made here, once.
    """
    made: Any = getattr(json.encoder, "c_make_encoder", None)
    if made is None:
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=plain)
        return lambda value, _depth: encoder.iterencode(value)
    parts: Any = made(under_way, plain, json.encoder.encode_basestring, None, ":", ",", False, False, True)
    return cast("Callable[[Any, int], Iterable[str]]", parts)


class _Msgpack:
    def __init__(self) -> None:
        require_client('codec "msgpack"', "msgspec", extra="msgpack")
        msgpack = importlib.import_module("msgspec.msgpack")
        self.encode: Callable[[Any], bytes] = msgpack.Encoder(enc_hook=plain).encode
        self.decode: Callable[[bytes], Any] = msgpack.Decoder().decode


_KNOWN: Final[dict[str, Callable[[], Codec]]] = {"bytes": _Bytes, "str": _Str, "json": _Json, "msgpack": _Msgpack}


def codec_of(who: str, codec: Any) -> Codec:
    """Read a ``codec=`` argument: a name, an object with ``encode`` and ``decode``, or None for bytes.

    Raises:
        ConfigurationError: If it is none of these.
        MissingExtraError: If its library is not installed.
    """
    if codec is None:
        return _Bytes()
    if isinstance(codec, str):
        if codec in _KNOWN:
            return _KNOWN[codec]()
        listed = ", ".join(repr(name) for name in _KNOWN)
        raise ConfigurationError(f"{who}: codec must be one of {listed}; got {codec!r}. {did_you_mean(codec, _KNOWN)}")
    if callable(getattr(codec, "encode", None)) and callable(getattr(codec, "decode", None)):
        return codec  # type: ignore[no-any-return]  # it has both methods
    raise ConfigurationError(
        f'{who}: codec must be a name or an object with encode and decode; got {codec!r}. "json" is a good start.'
    )


def decoder_of(who: str, codec: Any, what: str = "value") -> Callable[[bytes], Any] | None:
    """The function by which a source reads its records; None: they are handed over as they are.

    What it raises is a `DecodeError` that says whose bytes were no what.

    Args:
        who: The source.
        codec: As in `codec_of`.
        what: Which part of a record it reads.
    """
    if codec is None or codec == "bytes":
        return None
    decode = codec_of(who, codec).decode

    def decoded(raw: bytes) -> Any:
        try:
            return decode(raw)
        except Exception as error:
            raise DecodeError(
                f"{who}: the {what} must be what codec {codec!r} reads ({error}); got {raw!r}. "
                "Mend the producer or the codec."
            ) from error

    return decoded


def json_line(value: Any) -> bytes:
    """One line of a JSON Lines file, without its end."""
    # As people read it: with a blank after each comma and colon.
    return _write_line(value).encode()


def plain(value: Any) -> Any:
    """What JSON has no word for, as something it has: instants as ISO 8601, dataclasses as objects, bytes as text."""
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Event):
        return {"value": value.value, "key": value.key, "timestamp": value.timestamp, "headers": dict(value.headers)}
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(errors="backslashreplace")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r}. Map it to a dict, list, text or number.")


_write_line: Final = json.JSONEncoder(ensure_ascii=False, default=plain).encode
