#!/usr/bin/env python3
"""A simulated year of feeds and of edits: how soon this project's schedule finds them, beside others with as many requests.

usage: bench/schedule.py [--feeds N] [--days N] [--drift-days N] [--articles N] [--seed N] [--json]

Feeds (`scheduling/feeds.py`): this policy is the very code of a crawl. It begins with nothing but an interval of four hours for
each feed and learns while it polls; then every other policy gets as many polls as it made. Uniform, proportional and square
root know the true mean rates. The rule x1.5/x0.8 gets the least interval with which it makes that many. Two optima in
closed form: for known mean rates and no rhythm, and for a rate that is known at every hour. The second bounds what can be had
only where polls are frequent against the rhythm. `later` leaves out the first four weeks.

Edits (`scheduling/articles.py`): learned looks beside the table of ages, which gets one look more for as many articles as make
requests equal. An edit is missed where another replaced it before a look, or no look came after it within a week.
"""

import argparse
import json
import random
import sys
import time
from typing import Any

from scheduling import articles as news
from scheduling import polls as by
from scheduling.feeds import Feed

EVERY = 4 * 3600.0


def measure_polls(feeds: list[Feed], days: int) -> list[dict[str, Any]]:
    began = time.process_time()
    ours = by.poll_as_learned(feeds, days, EVERY)
    cpu = (time.process_time() - began) / ours.polls * 1e6
    count = ours.polls
    others = {
        "known rates, by square root": by.poll_evenly(feeds, days, by.by_square_root(feeds, days, count)),
        "known rates, proportional": by.poll_evenly(feeds, days, by.proportional(feeds, days, count)),
        "x1.5 / x0.8": by.poll_by_steps(feeds, days, EVERY, by.least_interval(feeds, days, EVERY, count)),
        "uniform": by.poll_evenly(feeds, days, by.uniform(feeds, days, count)),
    }
    even = by.best_even_minutes(feeds, days, count)
    rhythmic = by.best_rhythmic_minutes(feeds, count)
    rows = [
        {"policy": "newsmorgue", "polls": count, "minutes": ours.minutes, "later": ours.late_minutes, "cpu_us": cpu},
        *(
            {"policy": name, "polls": one.polls, "minutes": one.minutes, "later": one.late_minutes}
            for name, one in others.items()
        ),
        {"policy": "optimum, no rhythm", "polls": count, "minutes": even},
        {"policy": "optimum, every hour's rate known", "polls": count, "minutes": rhythmic},
    ]
    for row in rows:
        row |= {"to_even": row["minutes"] / even, "to_rhythmic": row["minutes"] / rhythmic}
        if "later" in row:
            row |= {"later_to_even": row["later"] / even, "later_to_rhythmic": row["later"] / rhythmic}
    return rows


def measure_looks(count: int, seed: int) -> list[dict[str, Any]]:
    written = news.write_articles(count, max(count // 120, 1), seed)
    ours = news.read_as_learned(written)
    outcomes = {
        "newsmorgue": ours,
        "table, equal requests": news.read_by_table(written, looks=ours.looks),
        "table": news.read_by_table(written),
    }
    return [
        {
            "policy": name,
            "looks": one.looks,
            "edits": one.edits,
            "missed": one.missed,
            "missed_share": one.missed / max(one.edits, 1),
            "overwritten": one.overwritten,
            "unvisited": one.unvisited,
            "hours": one.hours,
        }
        for name, one in outcomes.items()
    ]


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    print(title)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        cells = (f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
        print(f"{line[0]:<{widths[0]}}", *cells, sep="  ")
    print()


def _text(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--drift-days", type=int, default=120)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    tables = {}
    for name, days in (("steady", options.days), ("drifting", options.drift_days)):
        if days:
            generator = random.Random(options.seed)
            feeds = [Feed(generator, days, drifts=name == "drifting") for _ in range(options.feeds)]
            tables[name] = measure_polls(feeds, days)
            count = sum(len(feed.times) for feed in feeds)
            if not options.json:
                print_table(f"{len(feeds)} {name} feeds, {days} days, {count} articles: mean delay", tables[name])
                sys.stdout.flush()
    tables["edits"] = measure_looks(options.articles, options.seed)
    if options.json:
        print(json.dumps(tables))
    else:
        print_table(f"{options.articles} articles: edits", tables["edits"])
        print(f"CPU {time.process_time():.0f} s")


if __name__ == "__main__":
    main()
