from datetime import UTC, datetime

import pytest

from crawler.seeds import Candidate, ChildSitemap, SeedReading
from crawler.seeds.reading import CutShort, Kept, gather, newest_children

OLD, NEW = datetime(2001, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


def listing(count, modified=None):
    return [Candidate(url=f"https://a.example/{n}", modified=modified) for n in range(count)]


def test_candidates_keep_their_order_and_come_once():
    given = listing(3)
    assert gather([*given, *given], limit=3) == (tuple(given), None)


def test_of_too_many_the_newest_stay():
    new = Candidate(url="https://a.example/new", published=NEW)
    undated = Candidate(url="https://a.example/undated")
    kept, problem = gather([undated, *listing(25, OLD), new], limit=10)
    assert len(kept) == 10
    assert kept[0] == new
    assert undated not in kept
    assert problem == "lists more than 10 URLs; 17 of the oldest were left out"


def test_of_too_many_without_a_date_both_ends_stay():
    kept, problem = gather(listing(57), limit=10)
    assert [int(one.url.rpartition("/")[2]) for one in kept] == [0, 1, 2, 3, 4, 52, 53, 54, 55, 56]
    assert problem == (
        "lists more than 10 URLs; 47 without a date, neither among the first nor the last of these, were left out"
    )


def test_a_date_is_too_old_only_where_no_time_zone_could_save_it():
    kept = Kept(10)
    assert not kept.is_too_old("1999-01-01")
    for one in listing(20, NEW):
        kept.add(one)
    assert kept.is_too_old("2023-12-29T23:00:00-12:00")
    assert not kept.is_too_old("2023-12-30")
    assert not kept.is_too_old("yesterday")
    assert kept.finish()[1] == "lists more than 10 URLs; 11 of the oldest were left out"


def test_of_many_children_the_newest_are_taken_and_both_ends_of_the_rest():
    dated = [
        ChildSitemap(url=f"https://a.example/{month}.xml", modified=NEW.replace(month=month)) for month in (3, 1, 2)
    ]
    rest = [ChildSitemap(url=f"https://a.example/part-{letter}.xml") for letter in "abcdefgh"]
    taken = [one.url.removeprefix("https://a.example/") for one in newest_children([*rest, *dated], 7)]
    assert taken == ["3.xml", "2.xml", "1.xml", "part-a.xml", "part-b.xml", "part-g.xml", "part-h.xml"]
    assert [one.url[-5] for one in newest_children([*rest, *dated], 2)] == ["3", "2"]
    assert newest_children(rest, 100) == rest
    assert newest_children((), 7) == []


def test_what_came_before_the_end_counts():
    def broken():
        yield from listing(2)
        raise CutShort("is damaged")

    assert gather(broken()) == (tuple(listing(2)), "is damaged")


def test_the_newest_date_is_of_either_kind():
    one = Candidate(url="https://a.example/", published=OLD, modified=NEW)
    assert one.touched == NEW
    assert SeedReading(candidates=(one, *listing(1))).newest == NEW
    assert SeedReading().newest is None


@pytest.mark.parametrize(
    ("name", "touched"),
    [
        ("sitemap-2014-05.xml", datetime(2014, 6, 1, tzinfo=UTC)),
        ("sitemap_201412.xml.gz", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2014/sitemap.xml", datetime(2015, 1, 1, tzinfo=UTC)),
        ("sitemap.xml?yyyy=2014&mm=05", datetime(2015, 1, 1, tzinfo=UTC)),
        ("sitemap-20140517.xml", datetime(2014, 6, 1, tzinfo=UTC)),
        ("sitemap-2013-2014.xml", datetime(2015, 1, 1, tzinfo=UTC)),
        ("sitemap-12345678.xml", None),
        ("sitemap-20145.xml", None),
        ("news.xml", None),
    ],
)
def test_a_child_without_a_date_may_have_one_in_its_name(name, touched):
    assert ChildSitemap(url=f"https://a.example/{name}").touched == touched
    assert ChildSitemap(url=f"https://a.example/{name}", modified=NEW).touched == NEW
