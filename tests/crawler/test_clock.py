import time
from datetime import UTC, datetime

import pytest

from crawler.clock import SYSTEM, CompressedClock
from crawler.tap import Wire


def test_the_systems_clock_is_the_systems():
    assert SYSTEM.now() == pytest.approx(time.time(), abs=1)
    assert SYSTEM.utc().timestamp() == pytest.approx(time.time(), abs=1)
    assert SYSTEM.real_seconds(90) == 90


def test_a_compressed_clock_runs_faster_from_where_it_was_set():
    clock = CompressedClock(speed=3600, start=1_000_000, real_start=time.time() - 2)
    assert clock.now() == pytest.approx(1_000_000 + 2 * 3600, abs=1800)
    assert clock.real_seconds(7200) == 2
    same = CompressedClock(speed=clock.speed, start=clock.start, real_start=clock.real_start)
    assert same.now() - clock.now() < 1800


def test_an_exchange_is_dated_by_the_clock_it_is_given():
    clock = CompressedClock(speed=1, start=0, real_start=time.time())
    began = Wire(max_header_bytes=1, max_bytes=1, clock=clock).began
    assert began - datetime.fromtimestamp(0, UTC) < datetime.resolution * 60_000_000
