"""What newspapers changed, as lists and feeds tell it."""

from typing import Any

from archive.collection import Collection
from archive.web.revisions import ChangedTexts, read_revisions
from archive.web.stories import Stories


def test_changes_of_texts_that_are_out_of_reach_are_told_once_they_are_back(newspaper: Any) -> None:
    for minute, text in enumerate(("The bridge is open.", "The bridge is closed.")):
        capture = newspaper.capture("https://www.example.org/bridge", f"202405011200{minute:02}", text.encode())
        newspaper.read(capture, text=text, headline="Bridge", source="harbour")
    with Collection.open(newspaper.folder) as collection:
        (revision,) = read_revisions(collection, Stories(), 10)
    texts, away, changed = newspaper.folder / "text", newspaper.folder / "away", ChangedTexts()
    texts.rename(away)
    with Collection.open(newspaper.folder) as collection:
        assert not changed.of(collection, revision)
    away.rename(texts)
    with Collection.open(newspaper.folder) as collection:
        assert changed.of(collection, revision)
