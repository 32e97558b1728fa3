"""Whether Faust is the version whose insides this driver overrides."""

from importlib.metadata import version

PINNED = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1"}
"""What the overrides of `consumer.py` were written against and measured with."""


def is_pinned() -> bool:
    """Return whether the overrides fit; with any other version Faust's own code runs."""
    return all(version(name) == wanted for name, wanted in PINNED.items())
