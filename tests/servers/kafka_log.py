"""A log on the Kafka that tests share, for one test alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daykeel.log.open import create_log

sys.path.insert(0, str(Path(__file__).parent))
from servers_at import kafka_url


@contextmanager
def kafka_log() -> Iterator[str]:
    """Make a log, give its URL, and delete its topics in the end."""
    with kafka_url() as url:
        create_log(url)
        yield url
