"""Everything the environment may set for a sink of its own, read once, in `main`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class SinkSettings(BaseSettings):
    """From which log to which store of scores."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"
    scores: str = "sqlite:///data/scores.db"
    pulse: Path | None = None
    """File to touch while there is progress."""
