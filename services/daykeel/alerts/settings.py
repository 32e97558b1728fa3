"""Everything the environment may set for the alerts process, read once, in `main`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from daykeel.log.topics import KAFKA_PARTITIONS, SQLITE_PARTITIONS


class AlertsSettings(BaseSettings):
    """Where signals come from and where alerts go."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    data: Path = Path("data")
    """Folder of `notices.log`."""
    log: str = "sqlite:///data/log.db"
    records: str = "sqlite:///data/records.db"
    clock: str = "system:"
    key_file: Path = Path("data/installation.key")
    """The installation's key: 32 random bytes, mode 0600."""

    @property
    def partitions(self) -> int:
        """How many partitions the topics of the log have."""
        return KAFKA_PARTITIONS if self.log.startswith("kafka:") else SQLITE_PARTITIONS
