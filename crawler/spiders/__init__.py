"""Scrapy's spiders: one, for all sources."""

from scrapy import Request


def no_requests() -> tuple[Request, ...]:
    """What a spider's `start` yields when its requests come from elsewhere: Scrapy asks for a generator all the same."""
    return ()
