import re
from pathlib import Path

from daykeel.log.topics import DAY_S, GROUPS, TOPICS
from daykeel.stream.state import changelog
from daykeel.stream.tables import NAMES
from daykeel.stream.timers import MARK

DOCUMENT = (Path(__file__).parents[2] / "docs/messages.md").read_text()


def section(title):
    return DOCUMENT.split(f"## {title}\n")[1].split("\n## ")[0]


def rows(title):
    """Cells of a section's tables, without heads."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    cells = ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)
    return {first.strip("`"): rest for first, *rest in cells}


def kept(topic):
    if topic.compact:
        return "last of each key"
    days = round(topic.retention_s / DAY_S)
    return f"{days} day" + "s" * (days > 1)


def test_every_topic_is_documented_with_how_long_it_is_kept():
    documented = rows("Topics")
    ours = {name for name in documented if not name.endswith("-changelog")}

    assert ours == {topic.name for topic in TOPICS}
    assert {topic.name: documented[topic.name][-1] for topic in TOPICS} == {
        topic.name: kept(topic) for topic in TOPICS
    }


def test_every_changelog_is_documented():
    assert {name for name in rows("Topics") if name.endswith("-changelog")} == {
        changelog(name) for name in NAMES
    }


def test_every_group_is_documented_with_what_it_reads():
    documented = {
        name: re.findall(r"`([^`]+)`", cells[0]) for name, cells in rows("Groups").items()
    }

    assert {name: set(topics) for name, topics in documented.items()} == {
        name: set(topics) for name, topics in GROUPS.items()
    }


def test_every_mark_is_documented():
    assert set(rows("Marks")) == {MARK}
