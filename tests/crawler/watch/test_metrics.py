"""What a scrape is told of the frontier."""

from types import SimpleNamespace

from crawler.clock import SYSTEM
from crawler.frontier.overview import Overview, Standing
from crawler.run import Options
from crawler.watch.metrics import RunMetrics


def names_in(options, tmp_path):
    run = SimpleNamespace(sources={"paper": None, "radio": None}, options=options, clock=SYSTEM)
    metrics = RunMetrics(run, tmp_path / "frontier.sqlite", to_store=int, alerts=tuple)
    overdue = Standing(known=1, due=1, oldest_due=1.0, leased=1)
    overview = Overview(sources=dict.fromkeys(("paper", "radio", "removed", ""), overdue), paused=0)
    found = {one.name: one.samples for one in metrics._waiting(overview)}
    assert found["morgue_frontier_leases"][0].value == 4
    return [sample.labels["source"] for sample in found["morgue_frontier_overdue_seconds"]]


def test_a_source_that_the_run_does_not_visit_is_not_overdue_for_ever(tmp_path):
    assert names_in(Options(), tmp_path) == ["paper", "radio"]
    assert names_in(Options(sources=frozenset({"radio", "removed"})), tmp_path) == ["radio"]
