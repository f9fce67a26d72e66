"""Articles that are edited, and what two ways of reading them again see of it."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.edits import EditRates
from crawler.revisit import AGES

HOUR, DAY = 3600.0, 86400.0
MAX_AGE = 7 * DAY

NextLook = Callable[["Article", float], float | None]


@dataclass
class Article:
    """One article: where it stands, when it is first seen, and the ages at which it is edited."""

    number: int
    source: str
    section: str
    born: float
    found: float
    """Age at which it is first fetched."""
    edits: list[float] = field(default_factory=list)


@dataclass
class Outcome:
    """What was seen of the edits of the first `MAX_AGE`."""

    looks: int = 0
    edits: int = 0
    seen: int = 0
    overwritten: int = 0
    """Edits that another replaced before any look."""
    unvisited: int = 0
    """Edits after the last look."""
    delay: float = 0.0

    @property
    def missed(self) -> int:
        return self.overwritten + self.unvisited

    @property
    def hours(self) -> float:
        return self.delay / max(self.seen, 1) / HOUR


def write_articles(count: int, days: int, seed: int) -> list[Article]:
    """Forty sources with three to nine sections each, some edited fifty times as often as others.

    An article's edits become rarer as it ages (1 / (an hour + age)), and three in ten bring another soon after.
    """
    generator = random.Random(seed)
    places = []
    for source in range(40):
        often, size = generator.lognormvariate(-0.5, 1.0), generator.lognormvariate(0, 1)
        for section in range(generator.randint(3, 9)):
            factor = often * generator.lognormvariate(-0.32, 0.8)
            places.append((str(source), str(section), factor, size * generator.lognormvariate(0, 0.7)))
    chosen = generator.choices(places, [place[3] for place in places], k=count)
    articles = []
    for number, (source, section, factor, _) in enumerate(chosen):
        born, found = generator.random() * days * DAY, generator.expovariate(1 / (20 * 60))
        article = Article(number, source, section, born, found)
        eagerness, passed = 0.13 * factor * generator.gammavariate(2, 0.5), 0.0
        while (passed := passed + generator.expovariate(1)) < eagerness * math.log(30 * 24 + 1):
            age = HOUR * math.expm1(passed / eagerness)
            article.edits.append(age)
            while generator.random() < 0.3:
                article.edits.append(age := age + generator.expovariate(1 / (1.5 * HOUR)))
        article.edits.sort()
        articles.append(article)
    return articles


def read_as_learned(articles: list[Article]) -> Outcome:
    """This project's policy, which begins knowing nothing."""
    rates = EditRates()
    return _read(articles, lambda article, age: rates.next_look(article.source, article.section, age, MAX_AGE), rates)


def read_by_table(articles: list[Article], *, looks: int | None = None) -> Outcome:
    """The fixed table, with one look more (at twelve hours) for as many articles as it takes to make so many looks."""

    def read(part: float) -> Outcome:
        table, more = AGES, tuple(sorted((*AGES, 12 * HOUR)))

        def next_look(article: Article, age: float) -> float | None:
            ages = more if article.number * 0.6180339887 % 1 < part else table
            return next((look for look in ages if age < look <= MAX_AGE), None)

        return _read(articles, next_look)

    plain = read(0.0)
    if looks is None or looks <= plain.looks:
        return plain
    return read((looks - plain.looks) / (read(1.0).looks - plain.looks))


def _read(articles: list[Article], next_look: NextLook, rates: EditRates | None = None) -> Outcome:
    outcome = Outcome(edits=sum(article.found < age <= MAX_AGE for one in articles for article, age in _each(one)))
    queue = [(article.born + article.found, article.number) for article in articles]
    heapq.heapify(queue)
    known: dict[int, tuple[int, float, float]] = {}
    while queue:
        now, number = heapq.heappop(queue)
        article = articles[number]
        age = now - article.born
        there = sum(edit <= age for edit in article.edits)
        if number not in known:
            start = now
        else:
            passed, start, last = known[number]
            outcome.looks += 1
            if rates:
                rates.look(article.source, article.section, last - start, now - start)
            if there > passed:
                outcome.seen += 1
                outcome.overwritten += there - passed - 1
                outcome.delay += age - article.edits[there - 1]
                if rates:
                    rates.edit(article.source, article.section, now - start)
                start = now
        known[number] = there, start, now
        look = next_look(article, now - start + 1e-6)
        if look is None:
            outcome.unvisited += sum(edit <= MAX_AGE for edit in article.edits[there:])
        else:
            heapq.heappush(queue, (start + look, number))
    return outcome


def _each(article: Article) -> list[tuple[Article, float]]:
    return [(article, age) for age in article.edits]
