"""Everything the environment may set for the alerts process, read once, in `main`."""

from daykeel.log.topics import partitions_at
from daykeel.notify.settings import NotifySettings


class AlertsSettings(NotifySettings):
    """Where signals come from, where alerts go, and how notices leave."""

    apart: bool = False
    """Whether notices leave by a process of its own."""

    @property
    def partitions(self) -> int:
        """How many partitions the topics of the log have."""
        return partitions_at(self.log)
