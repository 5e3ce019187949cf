"""Requests in newer versions than the client speaks: they name the member, and wait for offsets to be stable."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from rxstream.drivers.kafka_marks import Mark


@cache
def _types() -> Any:
    return importlib.import_module("aiokafka.protocol.types")


def _listed(*fields: Any) -> Any:
    """A list of structures, in the form that ends each of them with tags."""
    return _types().CompactArray(*fields, ("tags", _types().TaggedFields))


def _request(key: int, version: int, asked: list[Any], answered: list[Any]) -> Any:
    api = importlib.import_module("aiokafka.protocol.api")
    kind = _types()
    tags = ("tags", kind.TaggedFields)
    of_both = {"API_KEY": key, "API_VERSION": version}
    answer = type("Answer", (api.Response,), {**of_both, "SCHEMA": kind.Schema(*answered, tags)})
    struct: Any = type(
        "Struct",
        (api.RequestStruct,),
        {**of_both, "FLEXIBLE_VERSION": True, "RESPONSE_TYPE": answer, "SCHEMA": kind.Schema(*asked, tags)},
    )

    base: Any = api.Request[struct]

    class Request(base):  # type: ignore[misc]  # the client demands its own class
        API_KEY = key

        def __init__(self, *values: Any) -> None:
            self._values = values

        def build(self, request_struct_class: Any) -> Any:
            return request_struct_class(*self._values, {})

    return Request


@cache
def _offset_fetch() -> Any:
    kind = _types()
    text = kind.CompactString("utf-8")
    asked = [
        ("group_id", text),
        ("topics", _listed(("name", text), ("partitions", kind.CompactArray(kind.Int32)))),
        ("require_stable", kind.Boolean),
    ]
    entry = [("partition", kind.Int32), ("offset", kind.Int64), ("epoch", kind.Int32), ("metadata", text)]
    answered = [
        ("throttle", kind.Int32),
        ("topics", _listed(("name", text), ("partitions", _listed(*entry, ("error", kind.Int16))))),
        ("error", kind.Int16),
    ]
    return _request(9, 7, asked, answered)


@cache
def _offset_commit() -> Any:
    kind = _types()
    text = kind.CompactString("utf-8")
    entry = [("partition", kind.Int32), ("offset", kind.Int64), ("epoch", kind.Int32), ("metadata", text)]
    asked = [
        ("transactional_id", text),
        ("group_id", text),
        ("producer_id", kind.Int64),
        ("producer_epoch", kind.Int16),
        ("generation", kind.Int32),
        ("member_id", text),
        ("group_instance_id", text),
        ("topics", _listed(("name", text), ("partitions", _listed(*entry)))),
    ]
    result = [("partition", kind.Int32), ("error", kind.Int16)]
    answered = [("throttle", kind.Int32), ("topics", _listed(("name", text), ("partitions", _listed(*result))))]
    return _request(28, 3, asked, answered)


def stable_offsets_request(group_id: str, by_topic: Mapping[str, list[int]]) -> Any:
    """Ask for committed offsets, refused while a transaction may still change them."""
    return _offset_fetch()(group_id, [(topic, numbers, {}) for topic, numbers in by_topic.items()], True)


def stable_offsets(answer: Any) -> tuple[dict[tuple[str, int], Mark], set[int]]:
    """The marks in an answer, and the codes of its errors."""
    marks, errors = {}, {answer.error}
    for topic, partitions, _ in answer.topics:
        for number, offset, _, metadata, error, _ in partitions:
            errors.add(error)
            if offset >= 0:
                marks[topic, number] = Mark(offset, metadata or "")
    return marks, errors - {0}


def fence_offsets(producer: Any, membership: Any) -> None:
    """Let a producer name the member with the offsets it adds to a transaction.

    The client itself names nobody, so that who has lost its partitions could still commit them.

    Args:
        producer: The client's, with a transactional id.
        membership: Called for the generation, the member's name and its static name, or None.
    """
    sender = producer._sender
    handler = importlib.import_module("aiokafka.producer.sender").TxnOffsetCommitHandler

    class Handler(handler):  # type: ignore[misc,valid-type]  # the client's own class, found when it runs
        def create_request(self) -> Any:
            known = super().create_request()
            topics: list[Any] = [
                (topic, [(number, offset, -1, metadata, {}) for number, offset, metadata in entries], {})
                for topic, entries in known._topics
            ]
            who = (known._transactional_id, known._group_id, known._producer_id, known._producer_epoch)
            return _offset_commit()(*who, *membership(), topics)

        def handle_response(self, resp: Any) -> Any:
            errors = [(topic, [entry[:2] for entry in partitions]) for topic, partitions, _ in resp.topics]
            return super().handle_response(SimpleNamespace(errors=errors))

    async def commit_offsets(offsets: Any, group_id: str) -> None:
        if offsets:
            coordination = importlib.import_module("aiokafka.client").CoordinationType
            await Handler(sender, offsets, group_id).do(await sender._find_coordinator(coordination.GROUP, group_id))

    sender._do_txn_offset_commit = commit_offsets
