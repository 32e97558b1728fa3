"""What carriers of letters have in common, and what can go wrong with them."""

from typing import Protocol

from daykeel.notify.letter import Said


class NotDelivered(Exception):  # noqa: N818  a fact about the other side
    """The letter did not get there; the text names no address."""

    def __init__(self, detail: str, *, is_final: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_final = is_final
        """Whether trying again is of no use."""


class Carrier(Protocol):
    """Takes letters to addresses of one kind."""

    def carry(self, address: str, said: Said, mark: str) -> None:
        """Hand a letter over; what returned has been taken.

        Raises
        ------
        NotDelivered
            It was not.
        """


class NoCarrier:
    """For a kind of address that nobody has set anything up for."""

    def __init__(self, detail: str) -> None:
        self._detail = detail

    def carry(self, address: str, said: Said, mark: str) -> None:
        """Refuse; it may be set up later."""
        del address, said, mark
        raise NotDelivered(self._detail)
