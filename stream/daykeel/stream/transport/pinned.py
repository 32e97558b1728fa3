"""Whether the libraries are the versions whose insides we replace."""

from collections.abc import Callable
from importlib.metadata import version

PINNED = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1"}
"""What the overrides of either transport were written against and measured with."""

ON_KAFKA = {**PINNED, "aiokafka": "0.14.0"}
"""The same on Kafka, where there is nothing to fall back to."""


class OtherVersion(RuntimeError):  # noqa: N818  a fact about the installation
    """A library is not the version that the stream on Kafka was made for."""


def is_pinned() -> bool:
    """Return whether the overrides fit; with any other version Faust's own code runs."""
    return all(version(name) == wanted for name, wanted in PINNED.items())


def check_kafka(installed: Callable[[str], str] = version) -> None:
    """Raise where the stream on Kafka would rely on what another version does otherwise.

    Faust's own transport of Kafka commits events that are in hand, so it is no way out.
    """
    for name, wanted in ON_KAFKA.items():
        if (found := installed(name)) != wanted:
            raise OtherVersion(f"the stream on Kafka was made for {name} {wanted}, not {found}")
