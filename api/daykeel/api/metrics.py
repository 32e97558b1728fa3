"""What Prometheus sees: rates, durations and lags, and nobody's id."""

from datetime import timedelta
from math import inf

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The numbers of one process, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "daykeel_http_requests",
            "Requests by route template, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "daykeel_http_seconds",
            "Time to the end of the response, by route template.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.raw_records = Counter(
            "daykeel_http_raw_records",
            "Raw records put on the log, by adapter.",
            ("adapter",),
            registry=self._registry,
        )
        self.refused = Counter(
            "daykeel_http_refused",
            "Payloads that were not admitted, by reason.",
            ("reason",),
            registry=self._registry,
        )
        self.quarantined = Gauge(
            "daykeel_quarantined_records",
            "Refused messages that no operator has looked at.",
            registry=self._registry,
        )
        self.unrecorded = Gauge(
            "daykeel_unrecorded_messages",
            "Messages taken from devices that left no record, by reason, since the log was made.",
            ("reason",),
            registry=self._registry,
        )
        self.lag = Gauge(
            "daykeel_lag_records",
            "Records a consumer group has not committed.",
            ("group",),
            registry=self._registry,
        )
        self.age = Gauge(
            "daykeel_processed_age_seconds",
            "Age of the newest processed data by the installation's clock.",
            registry=self._registry,
        )
        self._canary: Gauge | None = None

    def tell_canary(self, age: timedelta | None) -> None:
        """Show the age of the canary's last message; infinite where none is known."""
        if self._canary is None:
            self._canary = Gauge(
                "daykeel_canary_age_seconds",
                "Age of the newest test message in the store of scores: the age of the pipeline.",
                registry=self._registry,
            )
        self._canary.set(inf if age is None else age.total_seconds())

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)
