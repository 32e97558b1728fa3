"""Everything the environment may set for the API and the pages, read once, in `main`."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.log.topics import partitions_at
from daykeel.web.services import SIGNPOST, Surface

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class ApiSettings(BaseSettings):
    """Where the stores are and how the pages are reached."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"
    scores: str = "sqlite:///data/scores.db"
    records: str = "sqlite:///data/records.db"
    clock: str = "system:"
    key_file: Path = Path("data/installation.key")
    """The installation's key: 32 random bytes, mode 0600."""
    http: str = "127.0.0.1:8080"
    """Address and port to listen on."""
    public_url: str = ""
    """How browsers reach the pages, as `https://daykeel.example.org`, if not by `http`."""
    cert: Path | None = None
    """Certificate chain for HTTPS, where no reverse proxy has it."""
    key: Path | None = None
    """Private key of `cert`."""
    signpost: str = SIGNPOST
    """What `/me` says to somebody who needs help now: the clinic's own words and numbers."""
    settle_s: float = Field(default=2.0, ge=0, le=10)
    """How long a diary form waits for the stream, so that the page shows what was tapped."""
    canary_s: float = Field(default=300.0, gt=0)
    """Seconds from one test message of the canary to the next; after three times as many without
    one, the installation is not ready."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.http.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def hosts(self) -> frozenset[str]:
        """Names by which requests may call us."""
        public = urlsplit(self.public_url).hostname
        host = self.http.rpartition(":")[0]
        return LOOPBACK | {host} | ({public} if public else set())

    @property
    def surface(self) -> Surface:
        """How the installation is reached, for the pages."""
        is_https = self.cert is not None or self.public_url.startswith("https://")
        return Surface(
            is_https=is_https,
            origins=frozenset({self.public_url.rstrip("/")} if self.public_url else ()),
            signpost=self.signpost,
            partitions=partitions_at(self.log),
            settle_s=self.settle_s,
        )
