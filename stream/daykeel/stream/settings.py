"""Everything the environment may set for the stream, read once, in `main`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class StreamSettings(BaseSettings):
    """Where the log and the scores are, and which clock holds."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"
    scores: str = "sqlite:///data/scores.db"
    clock: str = "system:"
    apart: bool = False
    """Whether the sink is a process of its own."""
    worker: str = "0"
    """On Kafka, the name of this worker: its own, and the same whenever it starts again."""
    tables: Path = Path("data/tables")
    """On Kafka, the folder of this worker's tables."""
    pulse: Path | None = None
    """File to touch while there is progress."""
