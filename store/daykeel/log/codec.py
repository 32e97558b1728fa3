"""The codec of the log: `daykeel.events.codec`, under the name the upper layers know."""

from daykeel.events.codec import SCHEMA, BadValue, decode, encode

__all__ = ["SCHEMA", "BadValue", "decode", "encode"]
