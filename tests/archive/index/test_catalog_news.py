"""How many versions there are and when news came, counted in one pass as their histories would say."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from archive.formats.digest import payload_digest
from archive.formats.timestamp import from_timestamp, to_timestamp
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog, StoredReading
from archive.model import Capture, Reading, RecordLocation, Reference
from archive.versions import derive_versions

START = datetime(2024, 5, 1, 22, 50, tzinfo=UTC)


def fill(catalog: Catalog, seed: int) -> None:
    """Articles that are edited, taken back, moved, unmodified, cut, read twice by two extractors, or no articles at times."""
    chance = random.Random(seed)
    places = iter(range(10**6))
    for number in range(60):
        url = f"http://example.com/{number}"
        others = [f"{url}/amp"] if chance.random() < 0.2 else []
        captures: list[Capture] = []
        at = START + timedelta(minutes=chance.randrange(3000))
        for _ in range(chance.randrange(1, 7)):
            at += timedelta(minutes=chance.randrange(1, 300))
            page = chance.choice([url, url, *others])
            text = chance.choice("AABC")
            digest = payload_digest(f"{page} {text}".encode())
            held = next((one for one in captures if one.digest == digest), None)
            kind = chance.choice(["identical", "not-modified"]) if held else None
            captures.append(
                Capture(
                    urlkey=urlkey(page),
                    timestamp=to_timestamp(at),
                    url=page,
                    mime="text/html",
                    status=304 if kind == "not-modified" else 404 if chance.random() < 0.1 else 200,
                    digest=digest,
                    size=10,
                    truncated="time" if chance.random() < 0.1 and not kind else None,
                    revisit=kind,
                    refers_to=Reference(url=page, timestamp=held.timestamp) if held else None,
                    location=RecordLocation(file="a.warc.gz", offset=next(places), length=9),
                )
            )
            for extractor in ["one", "two"] if chance.random() < 0.1 else ["one"]:
                outcome = "not-article" if chance.random() < 0.05 else "article"
                reading = Reading(
                    url=page,
                    timestamp=to_timestamp(at),
                    record_id="<urn:uuid:00000000-0000-0000-0000-000000000000>",
                    digest=digest,
                    source=f"s{number % 3}",
                    extractor=extractor,
                    outcome=outcome,
                    key=urlkey(url) if outcome == "article" else None,
                    text_digest=payload_digest(f"{number}{text}".encode()) if outcome == "article" else None,
                )
                place = RecordLocation(file="t.warc.gz", offset=next(places), length=9)
                catalog.add_readings([StoredReading(reading=reading, location=place)])
        catalog.add_captures(captures)


@pytest.mark.parametrize("seed", range(12))
def test_counts_are_what_the_histories_say(tmp_path: Path, seed: int) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        fill(catalog, seed)
        since = to_timestamp(START + timedelta(days=1))
        versions, edits, articles = Counter[str](), Counter[str](), Counter[str]()
        for number in range(60):
            key = urlkey(f"http://example.com/{number}")
            entries = catalog.readings_of(key)
            texts = {entry.text_digest for entry in entries}
            history = derive_versions((key,), catalog.observations((key,)))
            versions[f"s{number % 3}"] += len(history) if len(texts) > 1 else bool(texts)
            if len(texts) > 1 and any(entry.timestamp >= since for entry in entries):
                edits[f"s{number % 3}"] += sum(one.first_seen >= since for one in history[1:])
            if entries and entries[0].timestamp >= since:
                articles[f"s{number % 3}"] += 1
        assert catalog.versions_by_source() == dict(versions)
        assert {source: len(seen) for source, seen in catalog.edits(since=since).items()} == +edits
        slots = catalog.article_slots(since=since)
        assert {source: sum(found.values()) for source, found in slots.items()} == +articles


def test_a_slot_is_a_quarter_of_an_hour_of_unix_time(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        fill(catalog, 1)
        first = min(min(slots) for slots in catalog.article_slots(since="0").values())
        newest = min(
            entry.timestamp for n in range(60) for entry in catalog.readings_of(urlkey(f"http://example.com/{n}"))
        )
        assert first == from_timestamp(newest).timestamp() // 900


def brute_news(catalog: Catalog) -> list[tuple[str, str, str | None]]:
    """Key, first and changed of every article, from its readings."""
    found = []
    for key in {f"http://example.com/{number}": None for number in range(60)}:
        readings = [one for one in catalog.readings_of(urlkey(key)) if one.is_article]
        if not readings:
            continue
        firsts: dict[str | None, str] = {}
        for one in readings:
            firsts[one.text_digest] = min(firsts.get(one.text_digest, one.timestamp), one.timestamp)
        first, last = min(firsts.values()), max(firsts.values())
        found.append((urlkey(key), first, last if last > first else None))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_news_are_those_that_the_readings_tell(tmp_path: Path, seed: int) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        fill(catalog, seed)
        expected = sorted(brute_news(catalog), key=lambda one: one[1], reverse=True)
        assert sorted((one.key, one.first, one.changed) for one in catalog.news(limit=100)) == sorted(
            (key, first, changed) for key, first, changed in expected
        )
        assert [one.first for one in catalog.news(limit=10, offset=5)] == [first for _, first, _ in expected][5:15]
        changed = sorted((one[2] for one in expected if one[2]), reverse=True)
        assert [one.changed for one in catalog.news(changed=True, limit=100)] == changed
        of_one = [one.key for one in catalog.news(source="s1", limit=100)]
        assert {int(key.rpartition("/")[2]) % 3 for key in of_one} == {1}
        assert catalog.news(source="nobody", limit=100) == []
        days = catalog.day_counts(from_day="20240501", to_day="20240503")
        first_days = Counter(first[:8] for _, first, _ in expected)
        assert {day: sum(one.articles for one in days if one.day == day) for day in {one.day for one in days}} == {
            day: count for day, count in first_days.items() if day <= "20240503"
        }
        assert catalog.month_counts("202405") == {day: n for day, n in first_days.items() if day.startswith("202405")}
        assert sum(catalog.month_counts("202405", source="s1").values()) == len(of_one)
        assert catalog.month_counts("202306") == {}
        assert catalog.news_sources() == ["s0", "s1", "s2"]
        totals = catalog.news_totals()
        assert [one.source for one in totals] == ["s0", "s1", "s2"]
        assert catalog.news_totals("s1") == [totals[1]]
        assert (totals[1].articles, totals[1].last) == (len(of_one), catalog.news(source="s1", limit=1)[0].first)
        assert sum(one.changed for one in totals) == len(changed)
        before = [day for day in first_days if day < "20240503"]
        after = [day for day in first_days if day > "20240502"]
        assert catalog.day_of_news("20240503", before=True) == max(before, default=None)
        assert catalog.day_of_news("20240502", before=False) == min(after, default=None)


def test_news_of_a_catalog_of_the_version_before_are_counted_when_it_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with Catalog.open(path) as catalog:
        fill(catalog, 1)
        expected = catalog.news(limit=100)
    connection = apsw.Connection(str(path))
    old = (Path(__file__).parent / "catalog-4.sql").read_text("utf-8")
    captures = old[old.index("CREATE TABLE capture (") :].partition(";")[0]
    connection.execute(f"DROP TABLE news; DROP TABLE capture; {captures}")
    connection.execute("ALTER TABLE page DROP COLUMN captured; ALTER TABLE page ADD COLUMN url TEXT")
    connection.execute("DROP TABLE requisite; DROP TABLE rights; PRAGMA user_version = 3")
    connection.close()
    with Catalog.open(path) as catalog:
        assert catalog.news(limit=100) == expected
