"""Everything the environment may set for ingest, read once, in `main`."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.log.topics import partitions_at
from daykeel.process.broker import Address, address


class IngestSettings(BaseSettings):
    """Which broker devices talk to, and where what they say goes."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"
    records: str = "sqlite:///data/records.db"
    clock: str = "system:"
    key_file: Path = Path("data/installation.key")
    """The installation's key: 32 random bytes, mode 0600."""
    mqtt: SecretStr = SecretStr("embedded://127.0.0.1:1883")
    """`embedded://HOST:PORT`, `embedded+tls://…`, or `mqtt://[user[:password]@]HOST:PORT`, `mqtts://…`.

    Another broker's may end in `?password_file=FILE`, with TLS also in `&ca_file=FILE`.
    """
    cert: Path | None = None
    """Certificate chain of the embedded broker's TLS."""
    key: Path | None = None
    """Private key of `cert`."""
    pulse: Path | None = None
    """File to touch while there is progress."""

    @property
    def address(self) -> Address:
        """What `mqtt` names."""
        return address(self.mqtt.get_secret_value())

    @property
    def partitions(self) -> int:
        """How many partitions the topics of the log have."""
        return partitions_at(self.log)
