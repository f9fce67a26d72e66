"""What learning a site is worth: text and CPU time with its profile, without, and by trafilatura, in one run.

usage: bench/profiles.py [--pages N] [--turn PAGES]

1. The newsroom grown to N pages of five templates, read in order as a crawl reads it, with a redesign half way: each site is
   learned from its first pages, its drift is noticed, and it is learned anew.
2. CPU time of pages that a profile fits. All take turns, each with ten pages: as in a crawl, where a worker reads page after
   page, what one page leaves in the processor's caches helps the next (with `--turn 1` all start cold, which costs the
   quickest most). The first round is not counted. Few pages are timed, so whether one of them is checked by the readers
   would be luck: a page is timed unchecked and checked, and the difference is counted as often as a settled profile is
   checked (one page in 200).
3. The hosts of the shared data folder that have several pages, each page read with what the others teach. They have two to
   four pages, fewer than a profile is learned from in earnest: learned here from one page on, and used unproved.
"""

import argparse
import gzip
import json
import logging
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import urlkey
from archive.model import Capture, RecordLocation
from crawler.demo.growth import GrownPage, grow
from pipelines.extract.agreement import likeness
from pipelines.extract.article import read_page, read_raw_page
from pipelines.extract.assembly import Extraction
from pipelines.extract.opening import RawPage
from pipelines.extract.profile import Profile, SiteRules
from pipelines.extract.proof import learn_profile, learn_unproved
from pipelines.profile_file import Attempt, SiteFile
from pipelines.profiles import site_of
from pipelines.watch import CHECK_EVERY_SETTLED, Seen, SiteWatch

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("NEWSMORGUE_SHARED") or CHECKOUT.parent / "shared")
ARTICLES = SHARED / "data" / "articles"
HEADERS = (("Content-Type", "text/html"),)
TIMED_PAGES = 60
NEVER = 1 << 40


class Site:
    """One site of the grown newsroom, read as a crawl reads it."""

    def __init__(self, name: str) -> None:
        self.file = SiteFile(host=name)
        self.watch = SiteWatch()
        self.pages: dict[str, GrownPage] = {}
        self.events: list[tuple[int, str]] = []
        self.scores: list[tuple[float, bool]] = []

    @property
    def profile(self) -> Profile | None:
        return self.file.profiles[-1] if self.file.profiles else None

    def read(self, page: GrownPage) -> None:
        every = self.watch.check_every(self.profile) if self.profile else NEVER
        extraction = read(page, self.profile, every)
        assert page.expected
        self.scores.append((likeness(extraction.article.text, page.expected["text"]), extraction.reader == "profile"))
        timestamp = to_timestamp(page.captured)
        place = RecordLocation(file="", offset=0, length=0)
        capture = Capture(
            urlkey=urlkey(page.url),
            timestamp=timestamp,
            url=page.url,
            mime="text/html",
            status=200,
            digest=None,
            location=place,
        )
        self.pages[page.url] = page
        drifted = self.watch.is_drifting(self.profile)
        self.watch.note(Seen(capture=capture, profile=extraction.profile, is_doubted=extraction.is_doubted))
        if self.watch.is_drifting(self.profile) and not drifted:
            self.events.append((len(self.scores), "drift"))
        if lesson := self.watch.lesson(self.file, now=timestamp):
            self.learn([self.pages[one.url] for one in lesson.captures], timestamp)

    def learn(self, pages: Sequence[GrownPage], now: str) -> None:
        raw = [RawPage(payload=page.html, url=page.url, captured=page.captured) for page in pages]
        number = len(self.file.profiles) + 1
        learned = learn_profile(raw, host=self.file.host, number=number, since=to_timestamp(pages[0].captured))
        profiles = self.file.profiles
        if learned.profile:
            profiles = (*profiles, replace(learned.profile, learned=now))
            self.events.append((len(self.scores), "learned"))
        attempted = Attempt(at=now, pages=len(pages), remark=learned.remark)
        self.file = SiteFile(host=self.file.host, profiles=profiles, attempted=attempted)


def read(page: GrownPage, profile: Profile | None, check_every: int) -> Extraction:
    rules = SiteRules(profile=profile, check_every=check_every)
    return read_page(page.html, url=page.url, headers=HEADERS, captured=page.captured, rules=rules)


def settled(unchecked: float, checked: float) -> float:
    """Time with the checks that a settled profile has."""
    return unchecked + (checked - unchecked) / CHECK_EVERY_SETTLED


def trafilatura(html: bytes, url: str) -> str:
    import trafilatura

    document = trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)
    return (document.text or "") if document else ""


def through_a_redesign(count: int) -> dict[str, list[GrownPage]]:
    """The first table; returns pages of the first design by template."""
    sites: dict[str, Site] = {}
    pages = list(grow(count, redesign_at=0.5))
    for page in pages:
        sites.setdefault(page.template, Site(site_of(page.url))).read(page)
    print("template  pages  with profile    F1   worst 20 in a row  learned at  drift at  anew at")
    for name, site in sorted(sites.items()):
        scores = [score for score, _ in site.scores]
        worst = min(fmean(scores[start : start + 20]) for start in range(len(scores) - 19))
        half = len(scores) // 2
        at = {kind: [n for n, what in site.events if what == kind] for kind in ("learned", "drift")}
        anew = next((n - half for n in at["learned"] if n > half), None)
        drift = next((n - half for n in at["drift"] if n > half), None)
        print(
            f"{name:>8} {len(scores):>6} {sum(used for _, used in site.scores):>13} {fmean(scores):>5.4f} {worst:>18.4f} "
            f"{at['learned'][0] if at['learned'] else '-':>11} {f'+{drift}':>9} {f'+{anew}':>8}"
        )
    return {name: [page for page in pages if page.template == name and page.design == 0] for name in sites}


def timed(pages: dict[str, list[GrownPage]], turn: int) -> None:
    """The second table."""
    print("template  ms profile  ms own  ms trafilatura   times    F1 profile  F1 own  F1 trafilatura")
    total: defaultdict[str, float] = defaultdict(float)
    for name, group in sorted(pages.items()):
        learned = learn_profile(
            [RawPage(payload=page.html, url=page.url, captured=page.captured) for page in group[:40]],
            host=name, number=1, since="",
        )  # fmt: skip
        sample = group[40 : 40 + TIMED_PAGES]
        spent: defaultdict[str, float] = defaultdict(float)
        f1: defaultdict[str, float] = defaultdict(float)
        for counted in (False, True):
            for start in range(0, len(sample), turn):
                for system in ("profile", "checked", "own", "trafilatura"):
                    pages_read = sample[start : start + turn]
                    began = time.process_time()
                    texts = [read_by(system, page, learned.profile) for page in pages_read]
                    took = time.process_time() - began
                    if counted:
                        spent[system] += took
                        f1[system] += sum(map(score_of, pages_read, texts))
        spent["profile"] = settled(spent["profile"], spent["checked"])
        for system, seconds in spent.items():
            total[system] += seconds
        n = len(sample)
        ms = {system: 1000 * seconds / n for system, seconds in spent.items()}
        print(
            f"{name:>8} {ms['profile']:>11.2f} {ms['own']:>7.2f} {ms['trafilatura']:>15.2f} {ms['trafilatura'] / ms['profile']:>7.2f} "
            f"{f1['profile'] / n:>13.4f} {f1['own'] / n:>7.4f} {f1['trafilatura'] / n:>15.4f}"
        )
    print(f"all: {total['trafilatura'] / total['profile']:.2f} times as fast as trafilatura")


def read_by(system: str, page: GrownPage, profile: Profile | None) -> str:
    if system == "trafilatura":
        return trafilatura(page.html, page.url)
    return read(page, None if system == "own" else profile, 1 if system == "checked" else NEVER).article.text


def score_of(page: GrownPage, text: str) -> float:
    assert page.expected
    return likeness(text, page.expected["text"])


Page = tuple[str, bytes, str]
"""URL, payload, gold text."""


def shared_hosts() -> Iterator[tuple[str, list[Page]]]:
    hosts: defaultdict[str, list[Page]] = defaultdict(list)
    for name in ("fundus", "wcxb"):
        for line in (ARTICLES / name / "gold.jsonl").open(encoding="utf-8"):
            row: dict[str, Any] = json.loads(line)
            payload = gzip.decompress((ARTICLES / name / "pages" / f"{row['id']}.html.gz").read_bytes())
            hosts[(urlsplit(row["url"]).hostname or "").removeprefix("www.")].append((row["url"], payload, row["text"]))
    yield from ((host, pages) for host, pages in hosts.items() if len(pages) > 1)


def score(extraction: Extraction, gold: str) -> float:
    article = extraction.article
    texts = [article.text, f"{article.standfirst}\n{article.text}"] if article.standfirst else [article.text]
    return max(likeness(text, gold) for text in texts)


def on_shared_hosts() -> None:
    """The third table."""
    print(
        "host                          pages  used  F1 profile  F1 own  F1 trafilatura  ms profile  ms own  ms trafilatura"
    )
    every: list[tuple[float, float, float, bool]] = []
    spent: dict[str, float] = dict.fromkeys(("profile", "checked", "own", "trafilatura"), 0.0)
    pages_timed = 0
    for host, pages in shared_hosts():
        raw = [RawPage(payload=payload, url=url) for url, payload, _ in pages]
        rows = []
        for index, (url, payload, gold) in enumerate(pages):
            others = raw[:index] + raw[index + 1 :]
            profile = learn_unproved(others, host=host)
            one = RawPage(payload=payload, url=url)
            for _ in range(2):
                times: list[float] = []
                found: list[Extraction] = []
                for known, check in ((profile, NEVER), (profile, 1), (None, NEVER)):
                    began = time.process_time()
                    found.append(read_raw_page(one, SiteRules(profile=known, check_every=check)))
                    times.append(time.process_time() - began)
                began = time.process_time()
                text = trafilatura(payload, url)
                times.append(time.process_time() - began)
            used = found[0].reader == "profile"
            rows.append((score(found[0], gold), score(found[2], gold), likeness(text, gold), used))
            if used:
                for system, seconds in zip(spent, times, strict=True):
                    spent[system] += seconds
                pages_timed += 1
        every += rows
        means = [fmean(row[column] for row in rows) for column in range(3)]
        mark = "+" if means[0] > means[1] + 0.0005 else "-" if means[0] < means[1] - 0.0005 else " "
        print(
            f"{host:<30}{len(rows):>4} {sum(row[3] for row in rows):>6} {means[0]:>10.4f}{mark}{means[1]:>8.4f} {means[2]:>14.4f}"
        )
    used_rows = [row for row in every if row[3]]
    for label, rows in (("all pages", every), ("pages that fit", used_rows)):
        better = sum(row[0] > row[1] + 0.002 for row in rows)
        worse = sum(row[0] < row[1] - 0.002 for row in rows)
        means = [fmean(row[column] for row in rows) for column in range(3)]
        print(
            f"{label}: {len(rows)}, F1 {means[0]:.4f} with, {means[1]:.4f} without, trafilatura {means[2]:.4f}; {better} better, {worse} worse"
        )
    spent["profile"] = settled(spent["profile"], spent["checked"])
    ms = {system: 1000 * seconds / max(1, pages_timed) for system, seconds in spent.items()}
    print(
        f"pages that fit: ms {ms['profile']:.1f} with, {ms['own']:.1f} without, trafilatura {ms['trafilatura']:.1f}: {ms['trafilatura'] / ms['profile']:.2f} times as fast"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--turn", type=int, default=10, help="pages that a system reads in a row (default: 10)")
    args = parser.parse_args()
    if args.turn < 1:
        parser.error(f"--turn {args.turn}: a system reads at least one page in a row")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    pages = through_a_redesign(args.pages)
    timed(pages, args.turn)
    if ARTICLES.is_dir():
        on_shared_hosts()
    else:
        print(f"bench/profiles.py: no pages at {ARTICLES} (set NEWSMORGUE_SHARED): their hosts are left out")


if __name__ == "__main__":
    main()
