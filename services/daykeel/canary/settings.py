"""Everything the environment may set for the canary, read once, in `main`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.process.visit import Broker, broker_at


class CanarySettings(BaseSettings):
    """Which broker the canary's device talks to, and how often."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    records: str = "sqlite:///data/records.db"
    clock: str = "system:"
    key_file: Path = Path("data/installation.key")
    """The installation's key: 32 random bytes, mode 0600."""
    mqtt: SecretStr = SecretStr("embedded://127.0.0.1:1883")
    """The broker as for ingest, with its `ca_file`; user name and password in it are left out."""
    cert: Path | None = None
    """Certificate chain of the embedded broker: exactly this one is trusted."""
    canary_s: float = Field(default=300.0, gt=0)
    """Seconds from one test message to the next."""
    pulse: Path | None = None
    """File to touch after each message that the broker took."""

    @property
    def broker(self) -> Broker:
        """Where to publish."""
        return broker_at(self.mqtt.get_secret_value(), cert=self.cert)
