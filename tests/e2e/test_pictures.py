"""`make screenshots` leaves no page out, and documentation shows what it took."""

from tests.e2e.test_every_page import PAGES
from tests.pictures.documentation import DOCS, index
from tests.pictures.pages import PICTURES


def test_every_page_has_a_picture() -> None:
    assert {picture.page for picture in PICTURES} >= set(PAGES)


def test_no_two_pictures_are_called_alike() -> None:
    assert len({picture.name for picture in PICTURES}) == len(PICTURES)


def test_the_index_shows_each_picture_there_is() -> None:
    shown = (DOCS / "README.md").read_text()

    assert shown == index()
    assert {f"screenshots/{path.name}" for path in DOCS.glob("screenshots/*")} == set(_files(shown))


def test_the_pictures_are_a_light_load() -> None:
    assert sum(path.stat().st_size for path in DOCS.rglob("*.png")) < 3_000_000


def _files(markdown: str) -> list[str]:
    return [line.partition("](")[2].rstrip(")") for line in markdown.splitlines() if line.startswith("![")]
