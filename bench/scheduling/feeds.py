"""Feeds that nobody publishes: heavy-tailed rates, days and weeks, bursts; and, if asked, drift, births and deaths.

Rates are lognormal over four orders of magnitude. A feed's articles come as a Poisson process whose rate goes by its hours
and weekdays, times a noise that lasts for hours, some of them several at once. What a feed dates, it dates up to five
minutes before it shows it; three in ten date nothing. None of this is what the policy assumes, but for the rhythm itself.
"""

import math
import random
from array import array
from bisect import bisect_right
from itertools import accumulate

HOUR, DAY = 3600.0, 86400.0
START = 1_700_006_400.0
HISTORY_DAYS = 30
LISTED = 30
"""Entries that a feed shows."""
RATE, SPREAD, LEAST, MOST = 3.0, 1.9, 0.03, 600.0
"""Articles a day: median, sigma of the logarithm, bounds."""
_MORNINGS = (0, 1, 5, 8, 9, 17, 18, 20)
"""Hours (UTC) at which it becomes 0 o'clock where papers are made."""


class Feed:
    """One feed: when it shows which article, and what an all-knowing reader would know of it."""

    def __init__(self, generator: random.Random, days: int, *, drifts: bool) -> None:
        self.rate = min(max(generator.lognormvariate(math.log(RATE), SPREAD), LEAST), MOST) / DAY
        self.rhythm = _rhythm(generator)
        self.is_dated = generator.random() < 0.7
        self.lag = generator.uniform(0, 300)
        end = START + days * DAY
        self.born, self.dead = START - HISTORY_DAYS * DAY, end
        if drifts and (fate := generator.random()) < 0.3:
            moment = START + generator.random() * days * DAY
            self.born, self.dead = (moment, end) if fate < 0.15 else (self.born, moment)
        self.levels: list[float] = []
        """What drift makes of the rate, day by day from `START`."""
        times = array("d", self._arrivals(generator, end, drifts=drifts))
        first = bisect_right(times, START)
        self.history = list(times[max(0, first - LISTED) : first])
        self.times = times[first:]
        self._sums = array("d", accumulate((time - START for time in self.times), initial=0.0))

    @property
    def mean_rate(self) -> float:
        """Articles a second while it lives, as they came."""
        return max(len(self.times), 0.5) / max(self.dead - max(self.born, START), HOUR)

    def waits(self, first: int, now: float) -> tuple[int, float]:
        """How many articles are there now, and how long those from `first` on have waited, together."""
        last = bisect_right(self.times, now, first)
        return last, (last - first) * (now - START) - (self._sums[last] - self._sums[first])

    def _arrivals(self, generator: random.Random, end: float, *, drifts: bool) -> list[float]:
        together = generator.choice((0.0, 0.0, 0.0, 0.3, 0.6))
        unrest, walk = generator.uniform(0, 1), generator.uniform(0, 0.5) / math.sqrt(30) if drifts else 0.0
        keep = math.exp(-1 / 6)
        times, noise, level, left = [], 0.0, 0.0, generator.expovariate(1)
        for number in range(int((end - START) / HOUR) + HISTORY_DAYS * 24):
            hour = START / HOUR + number - HISTORY_DAYS * 24
            at = hour * HOUR
            if number % 24 == 0:
                level = 0.995 * level + (generator.gauss(0, walk) if walk else 0.0)
                if at >= START:
                    self.levels.append(math.exp(level) if self.born <= at < self.dead else 0.0)
            noise = keep * noise + math.sqrt(1 - keep * keep) * generator.gauss(0, 1)
            if not self.born <= at < self.dead:
                continue
            expected = self.rate * (1 - together) * HOUR * self.rhythm[int(hour) % 168]
            expected *= math.exp(level + unrest * noise - unrest * unrest / 2)
            while left < expected:
                times.append(at + left / expected * HOUR)
                while generator.random() < together:
                    times.append(times[-1])
                left += generator.expovariate(1)
            left -= expected
        return times


def _rhythm(generator: random.Random) -> list[float]:
    """What each hour of the week makes of the rate: a working day, a night, and a weekend."""
    begins, width = generator.choice(_MORNINGS) + generator.uniform(5, 9), generator.uniform(8, 16)
    night, weekend = generator.uniform(0.02, 0.3), generator.uniform(0.2, 1.0)
    hours = []
    for hour in range(168):
        since = (hour - begins) % 24
        day = math.sin(math.pi * since / width) ** 0.7 if since < width else 0.0
        hours.append((night + (1 - night) * day) * (weekend if hour // 24 in (2, 3) else 1.0))
    mean = sum(hours) / 168
    return [value / mean for value in hours]
