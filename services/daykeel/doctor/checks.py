"""What the checks of log, records and scores share: each opens its own once."""

from typing import Generic, Protocol, TypeVar

from daykeel.doctor.finding import Ailment, NothingToSee
from daykeel.doctor.premises import Premises
from daykeel.doctor.urls import shown, sqlite_path


class Kept(Protocol):
    """What an installation keeps in one place."""

    def close(self) -> None:
        """Let go of it."""


T = TypeVar("T", bound=Kept)


class Checks(Generic[T]):
    """Checks of what one installation keeps in one place, opened by the first of them."""

    setting: str
    """Which says where that is."""
    name: str
    """What it is called."""
    be = "is"
    """The verb that goes with the name."""
    if_lost: str
    """What to do if a file is not there; `{start}` is the command that starts the installation."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._url = premises.setting(self.setting) or ""
        self._opened: T | None = None

    @property
    def _where(self) -> str:
        return f"{self.name} {shown(self._url)}"

    @property
    def opened(self) -> T:
        """What `answers` has opened."""
        assert self._opened is not None, "it rests on that check"  # noqa: S101
        return self._opened

    def close(self) -> None:
        """Close what was opened."""
        if self._opened is not None:
            self._opened.close()

    def _has_to_be_there(self) -> None:
        """Look whether there is anything to open, without opening it."""
        if not self._url:
            raise NothingToSee(f"no setting here says where {self.name} {self.be}")
        if self._premises.is_new:
            raise NothingToSee("it has never run")
        path = sqlite_path(self._url)
        if path is not None and not path.exists():
            advice = self.if_lost.format(start=self._premises.start)
            raise Ailment(f"{self._where} {self.be} not there", advice)
