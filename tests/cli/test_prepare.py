import secrets

import pytest

from daykeel.cli.folder import opened
from daykeel.cli.prepare import prepare
from daykeel.cli.say import Refused


def test_afterwards_the_records_are_there_and_empty(tmp_path):
    folder = opened(tmp_path)

    prepare(folder)

    assert (tmp_path / "records.db").exists()
    assert folder.records().all_clients() == []


def test_records_of_another_key_are_refused_with_the_reason(tmp_path):
    folder = opened(tmp_path)
    prepare(folder)
    folder.key_file.write_bytes(secrets.token_bytes(32))

    with pytest.raises(Refused, match="another key"):
        prepare(folder)


def test_records_that_are_none_are_refused_with_the_reason(tmp_path):
    folder = opened(tmp_path)
    (tmp_path / "records.db").write_text("no database" * 100)

    with pytest.raises(Refused, match="not a database"):
        prepare(folder)
