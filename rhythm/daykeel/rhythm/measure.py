"""What is said of one measure: the row of the dictionary that pages, store and docs share."""

from dataclasses import dataclass

WINDOWS = ("1d", "7d", "14d", "28d", "week")
"""`1d` holds the values of a night, a day or a pair of days; `week` is the therapy week."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the registry."""

    id: str
    name: str
    unit: str
    lo: float | None
    """Least value it can have; None where there is none."""
    hi: float | None
    formula: str
    client_sentence: str
    therapist_sentence: str
    minimum: str
    """Data with which a score is `ok`, and from which it is shown as provisional."""
    missing: str
    """What missing data do."""
    reference: str
    version: str = "1.0.0"
    windows: tuple[str, ...] = ("1d",)
    computed: bool = True
    """Whether this version computes it; otherwise it stands there as `not_computed`."""
