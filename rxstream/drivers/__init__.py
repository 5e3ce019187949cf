"""Talking to brokers and formats: each client library is imported in one file here, when it is used."""

from rxstream.drivers.clients import require_client
from rxstream.drivers.codecs import Codec, codec_of, decoder_of, json_line

__all__ = ["Codec", "codec_of", "decoder_of", "json_line", "require_client"]
