"""What Scrapy logs of each request: nothing here, because `captured` and `failed` lines say it once."""

from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure


class QuietFormatter(LogFormatter):
    """Leaves out Scrapy's line for each response and each dropped item or request."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        return None

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult | None:  # type: ignore[override]
        return None

    def dropped(self, item: Any, exception: BaseException, response: Response | None, spider: Spider) -> Any:
        return None
