"""Scrapy's settings: what every crawl shares, and what a collection decides.

Scrapy's own retrying, redirecting, decompressing, cookies and robots.txt are off: each changes or hides an exchange, and
the frontier, the wire and `crawler.politeness` do the work instead.
"""

import logging
from typing import TYPE_CHECKING, Any

from archive.config import Settings

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerProcess

BOT_NAME = "newsmorgue"
SPIDER_MODULES = ["crawler.spiders"]
DOWNLOAD_HANDLERS = {
    "http": "crawler.wire.WireHandler",
    "https": "crawler.wire.WireHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
SCHEDULER = "crawler.frontier.scheduler.FrontierScheduler"
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE = {"scrapy.extensions.corestats.CoreStats": 0}
# The scheduler waits where a delay is due; Scrapy's own slots must not wait once more.
DOWNLOAD_DELAY = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 1000
# Tasks that Scrapy starts for every response, to work on items that this spider never yields.
CONCURRENT_ITEMS = 1
REACTOR_THREADPOOL_MAXSIZE = 32  # Names are resolved there: a few that nobody answers for must not hold up all others.
TELNETCONSOLE_ENABLED = False
LOG_INSTALL_ROOT_HANDLER = False
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_VERIFY_CERTIFICATES = False  # A page behind an expired certificate is still the page that readers saw.
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
REQUEST_FINGERPRINTER_CLASS = "scrapy.utils.request.RequestFingerprinter"
LOG_FORMATTER = "crawler.log.QuietFormatter"
STATS_DUMP = False


def project_settings(settings: Settings) -> dict[str, Any]:
    """All of this module's settings, and what a collection's own mean in Scrapy's words."""
    return {
        **{key: value for key, value in globals().items() if key.isupper()},
        "USER_AGENT": settings.agent,
        "CONCURRENT_REQUESTS": settings.concurrency,
        "DOWNLOAD_TIMEOUT": settings.timeout.total_seconds(),
        "DNS_TIMEOUT": settings.connect_timeout.total_seconds(),
        "MORGUE_CONNECT_TIMEOUT": settings.connect_timeout.total_seconds(),
        "DOWNLOAD_MAXSIZE": int(settings.max_response_size),
        "MORGUE_MAX_HEADER_SIZE": int(settings.max_header_size),
        "MORGUE_NETWORKS": list(settings.networks),
    }


def scrapy_process(settings: dict[str, Any]) -> "AsyncCrawlerProcess":
    """A process for one crawl, logging as the rest of us do."""
    from scrapy.crawler import AsyncCrawlerProcess

    # Its loggers are opened wide while it starts; what is printed is then the handlers' decision.
    root = logging.getLogger()
    for handler in root.handlers:
        handler.setLevel(max(handler.level, root.level))
    return AsyncCrawlerProcess(settings)
