"""What Scrapy logs of each request: nothing here, because `captured` and `failed` lines say it once."""

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult


class QuietFormatter(LogFormatter):
    """Leaves out Scrapy's line for each response and each dropped item."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]  # Scrapy takes None for "no line"; its annotation lags
        return None
