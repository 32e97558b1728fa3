import re
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from daykeel.cli.evaluation import RAISED, scaled
from daykeel.cli.evaluation_recordings import FILE, recorded_nights
from daykeel.cli.main import main
from daykeel.rhythm.rules import LIVE, PLAIN, as_json

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent.parent
DAYS = 22


def steps_of_a_person(folder):
    """Steps by day, none from 23:00 to 07:00, as the export has them."""
    lines = ["Id,ActivityHour," + ",".join(f"Steps{at:02d}" for at in range(60))]
    for hour in range(24 * DAYS):
        at = datetime(2016, 4, 12) + timedelta(hours=hour)  # noqa: DTZ001  clocks on walls
        steps = "0" if at.hour >= 23 or at.hour < 7 else "20"
        lines.append(f"1,{at:%m/%d/%Y %I:%M:%S %p}," + ",".join([steps] * 60))
    (folder / FILE).write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a quick evaluation, with one recording, has written."""
    found = tmp_path_factory.mktemp("evaluation")
    steps_of_a_person(found)
    told = ["--quick", "--recordings", str(found), "--out", str(found / "page.md")]
    assert main(["evaluate", *told]) == 0
    return found


def test_the_page_has_a_line_for_each_condition_and_change(folder):
    text = (folder / "page.md").read_text(encoding="utf-8")

    for line in ("| stated, anchors |", "| other, tracker |", "| recorded, tracker |"):
        assert text.count(line) >= 1
    assert text.count("sleep 2 h shorter") == 5
    assert as_json(LIVE).decode() in text
    assert "--quick --seeds 1 2" in text


def test_the_page_says_what_a_lower_rate_would_cost(folder):
    text = (folder / "page.md").read_text(encoding="utf-8")
    section = text.split("## What a lower rate would cost")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]

    assert [row.split(" | ")[:2] for row in rows] == [
        [f"| {rules.version}", f"{factor:g}"] for rules in (LIVE, PLAIN) for factor in RAISED
    ]
    assert len({row.count("|") for row in rows}) == 1
    assert "On the other generator" in section
    assert "evaluation-trade.svg" in section


def test_the_plots_are_drawings_of_their_own(folder):
    for name in re.findall(r"\((images/.*?)\)", (folder / "page.md").read_text(encoding="utf-8")):
        root = ElementTree.fromstring((folder / name).read_text(encoding="utf-8"))  # noqa: S314  ours
        assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_rules_that_are_none_are_refused(tmp_path, capsys):
    (tmp_path / "rules.json").write_text('{"version": "a", "weight": 7}')
    told = ["--quick", "--rules", str(tmp_path / "rules.json"), "--out", str(tmp_path / "a.md")]

    assert main(["evaluate", *told]) == 2
    assert "weight: 7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--recordings", "nowhere"], "nowhere"),
        (["--out", "nowhere/page.md"], "nowhere is no folder"),
    ],
)
def test_what_is_not_there_is_refused(given, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()

    assert main(["evaluate", "--quick", *given]) == 2
    assert says in capsys.readouterr().err


def test_nights_of_steps_are_read_as_the_product_reads_them(tmp_path):
    steps_of_a_person(tmp_path)

    (found,) = recorded_nights(tmp_path)

    assert found.onset[5] == pytest.approx(-1.0, abs=0.2)
    assert found.duration[5] == pytest.approx(8.0, abs=0.3)


def test_limits_are_scaled_and_the_version_says_so():
    assert scaled(PLAIN, 0.5).limits == ((0, 2.5), (56, 2.3))
    assert scaled(PLAIN, 0.5).version == "1.0.0 x 0.50"


def test_the_page_in_the_project_is_of_the_live_rules():
    text = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")

    assert as_json(LIVE).decode() in text
    assert "--quick" not in text
