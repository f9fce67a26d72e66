"""Where things stand in the pictures of our pages."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive.model import ArticleVersion, Capture, RecordLocation
from archive.web.figures import BAR_HEIGHT, WIDTH, draw_days, draw_life, month_weeks, usual_count


def version(number: int, first: str, last: str) -> ArticleVersion:
    return ArticleVersion(
        key="example)/",
        number=number,
        timestamp=first,
        text_digest=f"sha1:{number}",
        first_seen=first,
        last_seen=last,
        change="first" if number == 1 else "edited",
        headline=None,
        url="https://example/",
    )


def capture(timestamp: str) -> Capture:
    return Capture(
        urlkey="example)/",
        timestamp=timestamp,
        url="https://example/",
        mime="text/html",
        status=200,
        digest=None,
        location=RecordLocation(file="f", offset=0, length=1),
    )


def test_life_runs_from_the_first_capture_to_the_last() -> None:
    times = ["20240501000000", "20240503000000", "20240505000000", "20240511000000"]
    versions = [version(1, times[0], times[1]), version(2, times[2], times[3])]
    life = draw_life(versions, [capture(time) for time in times])
    first, second = life.spans
    assert (life.first, life.last) == (times[0], times[-1])
    assert first.x == 0
    assert round(second.x / (WIDTH - 12), 2) == 0.4
    assert round(first.width / (WIDTH - 12), 2) == 0.2
    assert round(first.x + first.width + first.doubt, 1) == second.x
    assert second.doubt == 0
    assert len(life.ticks) == 4


def test_life_of_one_capture_is_a_point() -> None:
    life = draw_life([version(1, "20240501000000", "20240501000000")], [capture("20240501000000")])
    assert life.first == life.last
    assert [span.x for span in life.spans] == [0]


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=30, unique=True))
def test_nothing_of_a_life_stands_outside_its_picture(seconds: list[int]) -> None:
    times = [
        (datetime(2024, 5, 1, tzinfo=UTC) + timedelta(seconds=one)).strftime("%Y%m%d%H%M%S") for one in sorted(seconds)
    ]
    life = draw_life([version(n, time, time) for n, time in enumerate(times, 1)], [capture(time) for time in times])
    for span in life.spans:
        assert span.x >= 0
        assert span.x + span.width + span.doubt <= WIDTH + 0.2
    assert all(0 <= tick <= WIDTH for tick in life.ticks)


@given(st.dictionaries(st.sampled_from([f"202405{day:02}" for day in range(1, 32)]), st.integers(0, 10**6)))
def test_bars_are_as_high_as_their_counts_and_a_single_article_is_seen(counts: dict[str, int]) -> None:
    drawn = draw_days(counts, date(2024, 5, 31), 31)
    assert [bar.day for bar in drawn.bars] == [f"202405{day:02}" for day in range(1, 32)]
    assert drawn.total == sum(counts.values())
    for bar in drawn.bars:
        assert bar.y + bar.height == BAR_HEIGHT or bar.height == 0
        assert (bar.height > 0) == (bar.count > 0)
        assert bar.x + bar.width <= WIDTH
    if drawn.most:
        assert max(bar.height for bar in drawn.bars) == BAR_HEIGHT


def test_calendar_shades_days_by_the_busiest() -> None:
    weeks = month_weeks("20240229", {"20240201": 100, "20240202": 25, "20240203": 1, "20240301": 900})
    days = [day for week in weeks for day in week if day]
    assert len(days) == 29
    assert all(len(week) == 7 for week in weeks)
    assert [day.level for day in days[:4]] == [4, 1, 1, 0]


def test_usual_is_the_middle_of_the_days_before() -> None:
    counts = {f"202405{day:02}": 7 for day in range(1, 29)} | {"20240529": 500}
    assert usual_count(counts, date(2024, 5, 29)) == 7
    assert usual_count({}, date(2024, 5, 29)) == 0


def test_thousands_of_versions_are_drawn_as_far_as_they_can_be_told_apart() -> None:
    start = datetime(2024, 5, 1, tzinfo=UTC)
    times = [f"{start + timedelta(minutes=minute):%Y%m%d%H%M%S}" for minute in range(4000)]
    versions = [version(number, time, time) for number, time in enumerate(times, 1)]
    drawn = [span.version.number for span in draw_life(versions, [], current=2001).spans]
    assert len(drawn) < 300
    assert {1, 2001} <= set(drawn)
    whole = draw_life([*versions[:10], version(11, times[10], times[-1])], [])
    assert 11 in [span.version.number for span in whole.spans]
