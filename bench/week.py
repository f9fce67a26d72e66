#!/usr/bin/env python3
"""A week of the newsroom in two minutes: what a schedule with its clock compressed makes of every edit, move and loss.

usage: bench/week.py [--seconds N] [--seed N] [--no-profiles] [--json]

The crawl is a process of its own, `crawler.crawl` as `morgue schedule run` calls it, on a clock that the sites share. At
each moment of the almanac the frontier is asked when it is going to look at that story again. What was there then, and
lasted until after that, has to be in the archive: that is the promise this bench holds it to.
"""

import argparse
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path

import msgspec

from archive.collection import Collection
from archive.config import init_collection, load_settings
from archive.errors import NoCapture
from archive.formats.timestamp import from_timestamp
from archive.formats.units import Duration
from archive.model import Capture
from crawler.clock import CompressedClock
from crawler.demo.almanac import DAY, HOUR, WEEK, Almanac, codes_in, tell_week
from crawler.demo.edition import edition_of
from crawler.demo.sources import source_of
from crawler.demo.story import load_stories
from crawler.demo.week import WeekRoom
from crawler.source_file import load_sources, write_source

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
EVERY = Duration(hours=1)
EDITS = ("corrected", "edited", "headline", "reverted")
"""What makes another text."""
SLACK_SECONDS = 2.0
"""Real seconds that a visit may take from falling due to the page being asked for: on this clock they are hours."""
STOP_AT = WEEK + DAY / 2


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What there was to see of one story for a time, at one address."""

    number: int
    since: float
    until: float
    url: str
    kind: str | None
    """What made it so; `None` where the story appeared."""
    is_there: bool
    codes: frozenset[str]


def states_of(almanac: Almanac, room: WeekRoom) -> list[State]:
    """All states of all stories, by story and time."""
    found: list[State] = []
    ends: dict[int, list[tuple[float, str | None, str, bool, frozenset[str]]]] = {}
    for edition in range(1, len(almanac.moments) + 2):
        moment = almanac.moments[edition - 2] if edition > 1 else None
        seconds, kind = (moment.seconds, moment.kind) if moment else (0.0, None)
        printed = {
            story.number: story for story in edition_of(almanac.stories, edition, time_of=almanac.time_of).stories
        }
        for number in [moment.number] if moment else printed:
            story = printed.get(number)
            seen = ends.setdefault(number, [])
            if story is None:
                seen.append((seconds, kind, seen[-1][2], False, frozenset()))
            else:
                codes = codes_in(f"{story.headline}\n{story.body}")
                seen.append((seconds, kind, room.url_of(story), True, codes))
    for number, seen in ends.items():
        nexts = [*[one[0] for one in seen[1:]], WEEK]
        for (since, kind, url, is_there, codes), until in zip(seen, nexts, strict=True):
            found.append(
                State(number=number, since=since, until=until, url=url, kind=kind, is_there=is_there, codes=codes)
            )
    return found


def promised(frontier: Path, url: str) -> float | None:
    """Unix time at which the frontier is going to look at a URL; `None` where it does not know it, or lets it rest.

    A look that is under way may have been answered before the moment: what counts is what it leads to.
    """
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{frontier}?mode=rw", uri=True)) as db:
        for _ in range(100):
            row = db.execute("SELECT due, leased_until FROM entry WHERE url = ?", (url,)).fetchone()
            if row is None or row[1] is None:
                return row[0] if row else None
            time.sleep(0.02)
    return None


def crawl_week(folder: Path, clock: CompressedClock) -> None:
    """Be the schedule."""
    from crawler.crawl import crawl
    from crawler.options import Options

    outcome = crawl(
        folder,
        load_settings(folder),
        load_sources(folder / "sources"),
        Options(endless=True),
        clock=clock,
        on_event=lambda line: print(line, file=sys.stderr),
    )
    print(json.dumps({**msgspec.to_builtins(outcome.counts), "errors": outcome.errors}))


def run_week(folder: Path, *, seconds: float, seed: int, profiles: bool = True) -> dict[str, object]:
    """Let the week pass, and judge what is in the archive."""
    init_collection(folder, contact="bench@example.org", allow_networks=("127.0.0.0/8",))
    settings = folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('seal_after = "1h"', 'seal_after = "1d"'))
    start = datetime.fromtimestamp(int(time.time() - STOP_AT), UTC)
    almanac = tell_week(load_stories(start.date()), start=start, seed=seed)
    clock = CompressedClock(speed=WEEK / seconds, start=start.timestamp(), real_start=time.time() + 3)
    slack = SLACK_SECONDS * clock.speed
    with WeekRoom(almanac, clock) as room:
        for site in room.sites:
            source = source_of(site.family, site.base)
            seeds = tuple(msgspec.structs.replace(one, every=EVERY) for one in source.seeds)
            extract = msgspec.structs.replace(source.extract, profile=profiles)
            write_source(msgspec.structs.replace(source, seeds=seeds, extract=extract), folder / "sources")
        states = states_of(almanac, room)
        command = [
            sys.executable,
            __file__,
            "--crawl",
            folder,
            str(clock.speed),
            str(clock.start),
            str(clock.real_start),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
            promises: dict[State, float] = {}
            for state in sorted(states, key=lambda one: one.since):
                time.sleep(max(clock.real_seconds(state.since + clock.start - clock.now()), 0) + 0.005)
                due = promised(folder / "frontier.sqlite", state.url)
                if due is not None:
                    promises[state] = due - clock.start
                if process.poll() is not None:
                    raise SystemExit(f"the schedule ended with status {process.returncode}")
            time.sleep(max(clock.real_seconds(STOP_AT + clock.start - clock.now()), 0))
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=120)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode:
            raise SystemExit(f"the schedule ended with status {process.returncode}")
    # What was captured last and not read before the signal.
    extract = [sys.executable, "-m", "crawler.cli", "extract", "--collection", str(folder)]
    subprocess.run(extract, check=True, capture_output=True, env=ENVIRONMENT)
    report = judge(folder, room, states, promises, slack)
    summary = json.loads(out.splitlines()[-1])
    return {
        "speed": round(clock.speed),
        "slack_hours": round(slack / HOUR, 1),
        **report,
        "summary": summary,
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def judge(
    folder: Path, room: WeekRoom, states: list[State], promises: dict[State, float], slack: float
) -> dict[str, object]:
    """Hold the archive against what happened."""
    known = {state.url: state.number for state in states}
    looks: dict[int, list[tuple[float, int, frozenset[str]]]] = {number: [] for number in known.values()}
    for visit in room.visits:
        if visit.url in known and visit.seconds < WEEK:
            looks[known[visit.url]].append((visit.seconds, visit.status, visit.codes))
    broken, counts = [], {kind: Counter[str]() for kind in ("edits", "gone", "restored")}
    for state in states:
        seen = [look for look in looks[state.number] if state.since <= look[0] < state.until and look[1] != 301]
        is_promised = state in promises and max(promises[state], state.since) + slack < state.until
        kind = "edits" if state.kind in EDITS else state.kind
        if kind in counts:
            counts[kind] += Counter(happened=1, seen=bool(seen), promised=is_promised, kept=is_promised and bool(seen))
            if is_promised and not seen:
                broken.append(_tell(state, promises))
    wrong, versions, moves = [], 0, 0
    with closing(Collection.open(folder)) as collection:
        for _, story_states in groupby(states, key=lambda state: state.number):
            urls = list(dict.fromkeys(state.url for state in story_states))
            moves += sum(any(visit.url == url for visit in room.visits) for url in urls) > 1
            for joined in _joined(collection, urls):
                # The week's end is not the crawl's.
                everything = [visit.codes for visit in room.visits if visit.url in joined and visit.status == 200]
                expected = [codes for codes, _ in groupby(everything)]
                asked = [url for url in joined if any(visit.url == url for visit in room.visits)]
                histories = [_history(collection, url) for url in asked]
                versions += len(histories[0]) if histories else 0
                if any(history != expected for history in histories):
                    captures = [_tell_capture(collection, one) for url in joined for one in collection.lookup(url)]
                    plain = [*map(_plain, histories)]
                    wrong.append({"expected": _plain(expected), "histories": plain, "captures": captures})
        statuses = Counter(capture.status for url in known for capture in collection.lookup(url))
        timestamps = [from_timestamp(one.timestamp).timestamp() for url in known for one in collection.lookup(url)]
    begin = room.almanac.start.timestamp()
    return {
        "stories": len(looks),
        **counts,
        "broken_promises": broken,
        "versions": versions,
        "moved": moves,
        "wrong_histories": wrong,
        "statuses": {str(status): count for status, count in sorted(statuses.items(), key=str)},
        # The schedule may be up a moment before the week begins.
        "dated_by_the_clock": bool(timestamps)
        and begin - DAY <= min(timestamps) <= max(timestamps) <= begin + STOP_AT + DAY,
        "requests": len(room.visits),
        "requests_of_stories": sum(visit.url in known for visit in room.visits),
        "median_gap_of_a_story_hours": _median_gap(looks),
    }


def _joined(collection: Collection, urls: list[str]) -> list[list[str]]:
    """A story's addresses, those together that a captured redirect joins: of a move nobody saw nobody can know."""
    groups = [[url] for url in urls]
    for url in urls:
        for target in {capture.redirect for capture in collection.lookup(url)} & set(urls):
            here, there = (next(group for group in groups if one in group) for one in (url, target))
            if here is not there:
                here += there
                groups.remove(there)
    return groups


def _history(collection: Collection, url: str) -> list[frozenset[str]]:
    try:
        articles = [collection.version_article(version) for version in collection.history(url)]
    except NoCapture:
        return []
    return [codes_in(f"{article.headline}\n{article.text}") for article in articles]


def _tell_capture(collection: Collection, capture: Capture) -> list[object]:
    """What to know of a capture whose version is missing."""
    readings = collection.catalog.readings(capture.urlkey, capture.digest or "")
    told = [(one.outcome, one.profile, one.text_digest and one.text_digest[-6:]) for one in readings]
    return [capture.timestamp, capture.url, capture.status, capture.revisit, told]


def _median_gap(looks: dict[int, list[tuple[float, int, frozenset[str]]]]) -> float:
    gaps = sorted(later[0] - earlier[0] for one in looks.values() for earlier, later in pairwise(one))
    return round(gaps[len(gaps) // 2] / HOUR, 1) if gaps else 0.0


def _tell(state: State, promises: dict[State, float]) -> dict[str, object]:
    return {
        "url": state.url,
        "kind": state.kind,
        "from_hours": round(state.since / HOUR, 1),
        "until_hours": round(state.until / HOUR, 1),
        "promised_hours": round(promises[state] / HOUR, 1),
    }


def _plain(history: list[frozenset[str]]) -> list[list[str]]:
    return [sorted(codes) for codes in history]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="how long the week takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--no-profiles", action="store_true", help="read all pages without what is learned of their site"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--crawl", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.crawl:
        folder, speed, start, real_start = args.crawl
        crawl_week(Path(folder), CompressedClock(speed=float(speed), start=float(start), real_start=float(real_start)))
        return
    with tempfile.TemporaryDirectory(prefix="week-") as place:
        report = run_week(Path(place) / "news", seconds=args.seconds, seed=args.seed, profiles=not args.no_profiles)
    if args.json:
        print(json.dumps(report))
        return
    for key, value in report.items():
        shown = ", ".join(f"{count} {name}" for name, count in value.items()) if isinstance(value, dict) else value
        print(f"{key.replace('_', ' '):32} {shown}")


if __name__ == "__main__":
    main()
