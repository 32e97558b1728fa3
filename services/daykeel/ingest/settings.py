"""Everything the environment may set for ingest, read once, in `main`."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.log.topics import KAFKA_PARTITIONS, SQLITE_PARTITIONS

SCHEMES = {
    "embedded": (True, False),
    "embedded+tls": (True, True),
    "mqtt": (False, False),
    "mqtts": (False, True),
}
"""Per scheme: whether the broker is ours, and whether it speaks TLS."""

PORT, TLS_PORT = 1883, 8883
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker listens, ours or another."""

    is_embedded: bool
    is_tls: bool
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether our broker takes passwords in clear from other machines."""
        return self.is_embedded and not self.is_tls and self.host not in LOOPBACK


class IngestSettings(BaseSettings):
    """Which broker devices talk to, and where what they say goes."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"
    records: str = "sqlite:///data/records.db"
    clock: str = "system:"
    key_file: Path = Path("data/installation.key")
    """The installation's key: 32 random bytes, mode 0600."""
    mqtt: SecretStr = SecretStr("embedded://127.0.0.1:1883")
    """`embedded://HOST:PORT`, `embedded+tls://…`, or `mqtt://[user:password@]HOST:PORT`, `mqtts://…`."""
    cert: Path | None = None
    """Certificate chain of the embedded broker's TLS."""
    key: Path | None = None
    """Private key of `cert`."""

    @property
    def address(self) -> Address:
        """What `mqtt` names."""
        return address(self.mqtt.get_secret_value())

    @property
    def partitions(self) -> int:
        """How many partitions the topics of the log have."""
        return KAFKA_PARTITIONS if self.log.startswith("kafka:") else SQLITE_PARTITIONS


def address(url: str) -> Address:
    """Return what a broker's URL names.

    >>> address("embedded://127.0.0.1:1883").port
    1883
    >>> address("mqtts://ann:s%40fe@broker.example")
    Address(is_embedded=False, is_tls=True, host='broker.example', port=8883, username='ann')
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"a broker is named {' | '.join(SCHEMES)}://HOST:PORT")
    is_embedded, is_tls = SCHEMES[parts.scheme]
    return Address(
        is_embedded=is_embedded,
        is_tls=is_tls,
        host=parts.hostname,
        port=parts.port or (TLS_PORT if is_tls else PORT),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
