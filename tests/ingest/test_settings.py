import pytest

from daykeel.ingest.settings import IngestSettings


def test_the_default_listens_on_loopback_only():
    found = IngestSettings(_env_file=None).address

    assert (found.is_embedded, found.host, found.is_open) == (True, "127.0.0.1", False)


def test_a_password_is_in_no_text_of_the_settings():
    settings = IngestSettings(mqtt="mqtt://ann:s3cret@host")

    assert settings.address.password == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings.address!r}"


@pytest.mark.parametrize(("log", "count"), [("sqlite:///x", 4), ("kafka://host:9092", 16)])
def test_the_log_says_how_many_partitions_there_are(log, count):
    assert IngestSettings(log=log).partitions == count
