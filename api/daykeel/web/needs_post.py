"""What pages and routes need of the letters: who is told, how, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from daykeel.alerting.alert import Alert
from daykeel.alerting.holding import Silence
from daykeel.alerting.routing import Desk
from daykeel.records.channels import Address, NoticeSettings
from daykeel.records.clinic import Clinic
from daykeel.records.letters import Delivery
from daykeel.records.quality import Figures


class Post(Protocol):
    """Letters, addresses, silences and the clinic's hours; safe to use from several threads."""

    def desk(self, *, now: datetime, alert: str | None = None) -> Desk:
        """Return what decides about the notices that wait, or about all of one alert."""

    def holds(self, found: Sequence[Alert], *, now: datetime) -> Mapping[str, tuple[str, ...]]:
        """Return, by alert, why its notices are held back now; empty where they are not."""

    def deliveries(self, alert: str) -> Sequence[Delivery]:
        """Return what became of the letters that tell of an alert, the newest first."""

    def deliveries_to(self, recipient: str, limit: int = 5) -> Sequence[Delivery]:
        """Return what became of the newest letters to somebody."""

    def undeliverable(self) -> Sequence[Delivery]:
        """Return the letters that reached nobody at one address, the newest first."""

    def behind(self, link: str) -> tuple[str, list[str]] | None:
        """Return recipient and alerts of the letter with this link, None if there is none."""

    def addresses(self, owner: str) -> Sequence[Address]:
        """Return the addresses of an account."""

    def add_address(self, owner: str, kind: str, text: str, *, now: datetime) -> int:
        """Store an address, or raise `Taken`."""

    def remove_address(self, owner: str, address: int, *, now: datetime) -> None:
        """Forget an address, or raise `Missing`."""

    def try_out(self, owner: str, *, now: datetime, wall: datetime) -> None:
        """Make a letter that tries the addresses of somebody out, or raise `Taken`."""

    def settings(self, account: str) -> NoticeSettings:
        """Return how somebody wants to be told."""

    def set_settings(self, account: str, told: NoticeSettings, *, now: datetime) -> None:
        """Store how somebody wants to be told; a client begins to listen anew."""

    def looked(self, account: str, *, now: datetime) -> None:
        """Note that a client has looked at their page."""

    def clinic(self) -> Clinic:
        """Return when people work."""

    def silences(self, *, now: datetime, client: str | None = None) -> Sequence[Silence]:
        """Return the silences that are not over, the one that ends first in front."""

    def silence(  # noqa: PLR0913  what a silence is
        self, client: str, kind: str, *, stop: datetime, reason: str, actor: str, now: datetime
    ) -> Silence:
        """Tell nobody of a client, or of one kind of alert about them, until `stop`."""

    def end_silence(self, client: str, silence: str, *, now: datetime) -> None:
        """End a silence now, or raise `Missing`."""

    def figures(self, clients: Sequence[str], *, since: datetime, now: datetime) -> Figures:
        """Return how alerts about these clients fared since an instant."""
