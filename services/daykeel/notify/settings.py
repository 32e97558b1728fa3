"""Everything the environment may set for the notify process, read once, in `main`."""

from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.notify.addresses import MAIL, PUSH
from daykeel.notify.carriers import Carrier, NoCarrier
from daykeel.notify.mail import Mailer, mail_server
from daykeel.notify.push import Pusher


class NotifySettings(BaseSettings):
    """Where notices wait and how they leave."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    records: str = "sqlite:///data/records.db"
    scores: str = "sqlite:///data/scores.db"
    """Where the heartbeat looks for the canary."""
    log: str = "sqlite:///data/log.db"
    """Where the heartbeat looks for what waits for the alerts process."""
    clock: str = "system:"
    key_file: Path = Path("data/installation.key")
    """The installation's key: 32 random bytes, mode 0600."""
    public_url: str = ""
    """How browsers reach the pages: what links in letters begin with."""
    smtp: SecretStr = SecretStr("")
    """The mail server; without one nothing leaves by mail."""
    sender: str = ""
    """Whom mail comes from: a neutral name and address."""
    push_hosts: str = ""
    """Hosts of push services, parted by commas, that may be inside or without TLS."""
    heartbeat: SecretStr = SecretStr("")
    """URL that is called once a minute as long as all goes well."""
    late_s: float = Field(default=1800.0, gt=0)
    """Seconds that a signal or a letter may wait until the heartbeat stops."""
    canary_s: float = Field(default=300.0, gt=0)
    """Seconds from one test message of the canary to the next."""
    pulse: Path | None = None
    """File to touch while there is progress."""

    @field_validator("smtp")
    @classmethod
    def _names_a_server(cls, told: SecretStr) -> SecretStr:
        if told.get_secret_value():
            mail_server(told.get_secret_value())
        return told

    @field_validator("sender")
    @classmethod
    def _is_a_sender(cls, told: str) -> str:
        if told and "@" not in parseaddr(told)[1]:
            raise ValueError("a sender is like 'Daykeel <notices@clinic.example>'")
        return told

    @field_validator("heartbeat")
    @classmethod
    def _is_called_by_http(cls, told: SecretStr) -> SecretStr:
        if told.get_secret_value() and not told.get_secret_value().startswith(
            ("https://", "http://")
        ):
            raise ValueError("the heartbeat is a URL of http or https")
        return told

    @property
    def carriers(self) -> Mapping[str, Carrier]:
        """What carries letters, by kind of address."""
        hosts = [one.strip() for one in self.push_hosts.split(",") if one.strip()]
        return {MAIL: self._mailer(), PUSH: Pusher(hosts)}

    def _mailer(self) -> Carrier:
        url = self.smtp.get_secret_value()
        if not url or not self.sender:
            return NoCarrier("DAYKEEL_SMTP and DAYKEEL_SENDER are not set")
        return Mailer(mail_server(url), self.sender)
