from pathlib import Path

from daykeel.rhythm.dictionary import page
from daykeel.rhythm.registry import MEASURES

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"


def test_the_page_of_measures_is_the_registry():
    assert PAGE.read_text() == page(), (
        'python -c "from daykeel.rhythm.dictionary import page; '
        'print(page(), end=str())" > docs/measures.md'
    )


def test_every_measure_has_a_section():
    assert page().count("\n### `") == len(MEASURES)
