"""What the catalog's questions cost in process, and what a capture takes on disk, at several sizes.

    python bench/looking/catalog.py [--captures 1000000 --captures 10000000] [--folder DIR]

The catalog is made up, but through `Catalog.add_captures`: three hundred news hosts, few of them big; pages captured once
or twice beside front pages captured thousands of times; revisits, redirects, errors, images. It is added in order of
urlkey, which makes it quick to build. Questions are spread over all captures, so what is captured often is asked for
often; the catalog is warm. Wall time of one thread: the best of five rounds for each question, then the percentiles of all
questions. `rows` decode what is asked of them, so what reading some or all of it costs stands beside. With --folder the catalogs stay there and are used again (what was inserted has been added to them).
"""

import argparse
import random
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import apsw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from archive.formats.digest import format_sha1
from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import host_range, prefix_range, urlkey
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation, Reference

HOSTS = 300
BATCH = 50_000
ROUNDS = 5
QUESTIONS = 1000
DIGESTS = tuple(random.Random(9).randbytes(20) for _ in range(5000))
"""Of images that many sites show."""
_WORDS = [
    "bridge",
    "vote",
    "storm",
    "budget",
    "court",
    "harbour",
    "teachers",
    "rail",
    "mayor",
    "flood",
    "museum",
    "strike",
    "river",
    "harvest",
    "final",
]
_START = datetime(2019, 1, 1, tzinfo=UTC)
_DAYS = 365 * 6


class Row(NamedTuple):
    """One line of the table; microseconds."""

    name: str
    p50: float
    p99: float
    note: str = ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--captures", type=int, action="append")
    parser.add_argument("--folder", type=Path, help="keep the catalogs there, and use them again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="morgue-bench-") as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        tables = {}
        for captures in given.captures or [1_000_000, 10_000_000]:
            path = folder / f"catalog-{captures}.sqlite"
            if not path.exists():
                began = time.monotonic()
                build(path, captures)
                print(f"{captures:,} captures built in {time.monotonic() - began:.0f} s", flush=True)
            tables[captures] = measure(path)
            print_tables({captures: tables[captures]})
        if len(tables) > 1:
            print_tables(tables)


def build(path: Path, captures: int) -> None:
    """A catalog of that many captures."""
    made = make_captures(captures)
    unfinished = path.with_name(path.name + ".part")
    unfinished.unlink(missing_ok=True)
    with Catalog.open(unfinished) as catalog:
        with catalog.transaction():
            for number in range(files_of(captures)):
                catalog.set_file(file_name(number), sealed=True)
        while catalog.add_captures(islice(made, BATCH)):
            pass
    with Catalog.open(unfinished) as catalog:  # with nothing in its write-ahead log
        print(f"{unfinished.stat().st_size / captures:.1f} bytes a capture as they were added", flush=True)
        path.unlink(missing_ok=True)
        catalog.write_compact(path)  # as `morgue reindex` leaves it
    unfinished.unlink()


def make_captures(count: int, seed: int = 1) -> Iterator[Capture]:
    """That many captures, in order of urlkey and time; the same at every call."""
    chance = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(HOSTS)]
    files = files_of(count)
    hosts = sorted(range(HOSTS), key=lambda number: urlkey(f"https://{_host(number)}/"))
    left = count
    for place, number in enumerate(hosts):
        share = round(count * weights[number] / sum(weights)) if place < HOSTS - 1 else left
        pages = sorted(_pages(_host(number), min(share, left), chance), key=lambda page: page[0])
        for key, url, captures in pages:
            yield from _captures(key, url, captures, files, chance)
        left -= sum(captures for _, _, captures in pages)


def files_of(captures: int) -> int:
    """WARC files that hold them."""
    return max(1, captures // 20_000)


def file_name(number: int) -> str:
    return f"news-20190101000000000-{number:05}-archive.warc.gz"


def _host(number: int) -> str:
    return f"www.paper-{number}.example" if number % 3 else f"news{number}.city.example"


def _pages(host: str, captures: int, chance: random.Random) -> Iterator[tuple[str, str, int]]:
    """Urlkeys, URLs and how often each was captured, for as many captures as asked."""
    fronts = ["", "news", "politics", "business", "sport", "culture", "world", "opinion"]
    for front in fronts:
        visits = min(captures, max(1, captures // 60))
        if visits <= 0:
            return
        url = f"https://{host}/{front}"
        yield urlkey(url), url, visits
        captures -= visits
    number = 0
    while captures > 0:
        number += 1
        day = _START + timedelta(days=chance.randrange(_DAYS))
        words = "-".join(chance.choices(_WORDS, k=chance.randrange(3, 9)))
        if chance.random() < 0.3:
            url = f"https://{host}/images/{day:%Y/%m}/{words[:24]}-{number}.jpg"
        else:
            url = f"https://{host}/{chance.choice(fronts[1:])}/{day:%Y/%m/%d}/{words}-{number}.html"
        visits = min(captures, int(chance.paretovariate(1.1)), 4000)
        captures -= visits
        yield urlkey(url), url, visits


def _captures(key: str, url: str, visits: int, files: int, chance: random.Random) -> Iterator[Capture]:
    is_image = url.endswith(".jpg")
    moments = sorted(chance.sample(range(_DAYS * 86_400), visits))
    held: Capture | None = None
    for moment in moments:
        timestamp = to_timestamp(_START + timedelta(seconds=moment))
        file = min(files - 1, moment * files // (_DAYS * 86_400))
        location = RecordLocation(
            file=file_name(file), offset=chance.randrange(10**9), length=chance.randrange(300, 60_000)
        )
        record_id = uuid.UUID(bytes=chance.randbytes(16), version=4).urn
        kind = chance.random()
        if held is not None and kind < 0.6:
            not_modified = kind < 0.2
            yield Capture(
                urlkey=key,
                timestamp=timestamp,
                url=url,
                mime=held.mime,
                status=304 if not_modified else 200,
                digest=held.digest,
                location=location,
                record_id=record_id,
                revisit="not-modified" if not_modified else "identical",
                refers_to=Reference(url=url, timestamp=held.timestamp, record_id=held.record_id),
            )
            continue
        status = 200 if kind < 0.95 else chance.choice((301, 404, 503))
        digest = chance.choice(DIGESTS) if is_image and chance.random() < 0.2 else chance.randbytes(20)
        capture = Capture(
            urlkey=key,
            timestamp=timestamp,
            url=url,
            mime="image/jpeg" if is_image else "text/html",
            status=status,
            digest=format_sha1(digest),
            location=location,
            record_id=record_id,
            size=chance.randrange(1000, 400_000),
            redirect=url + "?moved=1" if status == 301 else None,
            rights=("noarchive",) if chance.random() < 0.01 else (),
        )
        held = capture if status == 200 else held
        yield capture


def measure(path: Path) -> list[Row]:
    """The table of one catalog."""
    chance = random.Random(5)
    rows = list(_bytes(path))
    with Catalog.open(path, readonly=True) as catalog:
        sampled = _sample(catalog, chance)
        moments = [to_timestamp(_START + timedelta(seconds=chance.randrange(_DAYS * 86_400))) for _ in sampled]
        exact = list(zip((key for _, key in sampled), moments, strict=True))
        hosts = [host_range(url) for url, _ in sampled]
        folders = [prefix_range(url.rpartition("/")[0] + "/") for url, _ in sampled]
        prefixes = [one for one in folders if catalog.count(*one, most=100) == 100]
        year = ("20220101000000", "20221231235959")
        rows += [
            Row("exact, closest", *_time(exact, lambda one: catalog.closest(*one))),
            Row("exact, the 10 nearest", *_time(exact, lambda one: list(islice(catalog.nearest(*one), 10)))),
            *_ranges(catalog, "prefix", prefixes),
            *_ranges(catalog, "host", hosts),
            Row("host, 100 rows of a year", *_time(hosts[:200], lambda one: _drain(_rows(catalog, one, year)))),
            Row(
                "host, 100 rows, newest first",
                *_time(hosts, lambda one: _drain(_rows(catalog, one, newest_first=True))),
            ),
            Row("count of a prefix", *_time(prefixes[:200], lambda one: catalog.count(*one))),
        ]
        biggest = host_range(_host(0))
        began = time.perf_counter()
        count = catalog.count(*biggest)
        rows.append(Row("count of the largest host", (time.perf_counter() - began) * 1e6, 0, f"{count:,} captures"))
        began = time.perf_counter()
        deque(islice((row.url for row in catalog.rows(start=biggest[0], end=biggest[1])), 200_000), maxlen=0)
        rows.append(Row("200,000 rows of it, URLs read", (time.perf_counter() - began) * 1e6, 0))
    with Catalog.open(path) as catalog:
        alone = list(_new(sampled, chance, 300))
        rows.append(Row("insert, durable, alone", *_time(alone, lambda one: catalog.add_captures((one,)), rounds=1)))
        batches = [list(_new(sampled, chance, 100)) for _ in range(30)]
        rows.append(Row("the same, 100 together (each)", *_time(batches, catalog.add_captures, rounds=1, each=100)))
    return rows


def _ranges(catalog: Catalog, name: str, ranges: list[tuple[str, str]]) -> Iterator[Row]:
    yield Row(f"{name}, 100 rows, decoded when asked", *_time(ranges, lambda one: _drain(_rows(catalog, one))))
    yield Row(
        f"{name}, the same, URL, status and digest read",
        *_time(ranges, lambda one: [(row.url, row.status, row.digest) for row in _rows(catalog, one)]),
    )
    yield Row(
        f"{name}, the same, all CDX fields made",
        *_time(ranges, lambda one: [row.fields() for row in _rows(catalog, one)]),
    )
    yield Row(
        f"{name}, 100 whole captures",
        *_time(ranges, lambda one: list(catalog.captures(start=one[0], end=one[1], limit=100))),
    )


def _rows(
    catalog: Catalog,
    span: tuple[str, str],
    times: tuple[str | None, str | None] = (None, None),
    *,
    newest_first: bool = False,
) -> Iterator[Any]:
    return catalog.rows(
        start=span[0], end=span[1], from_timestamp=times[0], to_timestamp=times[1], newest_first=newest_first, limit=100
    )


def _drain(rows: Iterator[Any]) -> None:
    deque(rows, maxlen=0)


def _time(
    questions: list[Any], ask: Callable[[Any], object], *, rounds: int = ROUNDS, each: int = 1
) -> tuple[float, float]:
    """The percentiles 50 and 99 in microseconds."""
    best = [float("inf")] * len(questions)
    for _ in range(rounds):
        for place, question in enumerate(questions):
            began = time.perf_counter_ns()
            ask(question)
            best[place] = min(best[place], (time.perf_counter_ns() - began) / 1000 / each)
    best.sort()
    return best[len(best) // 2], best[len(best) * 99 // 100]


def _sample(catalog: Catalog, chance: random.Random) -> list[tuple[str, str]]:
    """URLs and urlkeys, each as likely as it has captures."""
    spans = [
        host_range(_host(number)) for number in chance.choices(range(HOSTS), [1 / (n + 1) for n in range(HOSTS)], k=40)
    ]
    found: list[tuple[str, str]] = []
    for span in spans:
        # Anywhere in the host: behind a made-up key.
        for _ in range(QUESTIONS // len(spans)):
            middle = f"{span[0]}/{chance.choice('abcdefghijklmnopqrstuvwxyz')}{chance.choice('aeiou')}"
            if chance.random() < 0.7:
                middle = f"{span[0]}/{chance.choice(('news', 'sport', 'world'))}/20{chance.randrange(19, 25)}/{chance.randrange(1, 13):02}"
            row = next(catalog.rows(start=middle, end=span[1], limit=1), None)
            if row:
                found.append((row.url, row.urlkey))
    return found


def _new(sampled: list[tuple[str, str]], chance: random.Random, count: int) -> Iterator[Capture]:
    """Captures that a crawl would add now: of pages known and of new ones."""
    for number in range(count):
        url, _ = chance.choice(sampled)
        if number % 2:
            url = f"{url}?new={chance.randrange(10**9)}"
        yield from _captures(urlkey(url), url, 1, 1, chance)


def _bytes(path: Path) -> Iterator[Row]:
    with Catalog.open(path) as catalog:
        counts = catalog.counts()
    size, known = path.stat().st_size, counts.captures + counts.revisits
    yield Row("bytes a capture", size / known, 0, f"{known:,} captures of {counts.urls:,} URLs, {size / 2**20:,.0f} MB")
    with closing(apsw.Connection(str(path))) as database:
        for table, taken in database.execute(
            "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 5"
        ):
            yield Row(f"  of them {table}", taken / known, 0)


def print_tables(tables: dict[int, list[Row]]) -> None:
    """Sizes side by side, and how much the last has grown over the first."""
    sizes = list(tables)
    print(
        f"\n{'microseconds':48}"
        + "".join(f"{f'{size:,}':>14} p50{'p99':>10}" for size in sizes)
        + ("    growth" if len(sizes) > 1 else "")
    )
    for lines in zip(*tables.values(), strict=True):
        text = "".join(f"{line.p50:18,.1f}{line.p99 or '':>10{',.1f' if line.p99 else ''}}" for line in lines)
        growth = f"{lines[-1].p50 / lines[0].p50:10.2f}" if len(lines) > 1 else ""
        print(f"{lines[0].name:48}{text}{growth}  {lines[0].note if len(lines) == 1 else ''}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
