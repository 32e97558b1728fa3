"""Everything the environment may set for the stream, read once, in `main`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class StreamSettings(BaseSettings):
    """Where the log and the scores are, and which clock holds."""

    model_config = SettingsConfigDict(env_prefix="DAYKEEL_", frozen=True)

    log: str = "sqlite:///data/log.db"
    scores: str = "sqlite:///data/scores.db"
    clock: str = "system:"
