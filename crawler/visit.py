"""A short, polite visit to one site, to look for its seeds: few requests, each URL once, robots.txt obeyed."""

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.errors import SiteUnreachable
from crawler.robots import RobotsRules, product_token
from pipelines.errors import PayloadUnreadable
from pipelines.extract.decode import decode_content

if TYPE_CHECKING:
    from crawler.fetch import Fetch, Fetched


_REFUSED = (401, 402, 403, 406, 429, 451)
_ROBOTS_BYTES = 4 << 20


class Visit:
    """Fetches at most `max_fetches` URLs, robots.txt files included. `now` is when it takes place.

    Without `obey`, for a source whose `robots` is `ignore`, robots.txt is not asked for.
    """

    def __init__(
        self, fetch: "Fetch", *, user_agent: str, now: datetime, max_fetches: int = 1000, obey: bool = True
    ) -> None:
        self._fetch = fetch
        self._user_agent = user_agent
        self._now = now
        self._max_fetches = max_fetches
        self._obey = obey
        self._answers: dict[str, Fetched] = {}
        self._robots: dict[str, RobotsRules] = {}

    @property
    def fetches(self) -> int:
        """How many requests were made."""
        return len(self._answers)

    @property
    def is_spent(self) -> bool:
        """Whether no more requests may be made."""
        return len(self._answers) >= self._max_fetches

    async def get(self, url: str) -> "Fetched | None":
        """The answer to a URL; `None` where robots.txt forbids to ask, or where enough has been asked."""
        if self._obey and not (await self.robots(url)).allows(url):
            return None
        return await self._get(url)

    async def read(self, url: str) -> "Fetched":
        """The answer to a URL, which must be a success. Raises SiteUnreachable."""
        robots = await self.robots(url)
        if robots.unavailable:
            place = f"{origin_of(url)}/robots.txt"
            failed = self._answers[place]
            raise SiteUnreachable(
                f"{place}: {_reason(failed)}, so nothing may be fetched (check the address, or try again later)",
                status=failed.status,
            )
        answer = await self.get(url)
        if answer is None:
            agent = product_token(self._user_agent)
            remedy = 'write a source file with robots = "ignore" if you may'
            raise SiteUnreachable(f"{url}: robots.txt forbids it to {agent} ({remedy})", status=403)
        if answer.status != 200 or answer.error:
            remedy = "check the address in a browser"
            if answer.status in _REFUSED:
                remedy = "it turns programs away; its feed or sitemap may be open to them: give the address of one"
            raise SiteUnreachable(f"{url}: {_reason(answer)} ({remedy})", status=answer.status)
        return answer

    async def robots(self, url: str) -> RobotsRules:
        """The rules of a URL's origin."""
        origin = origin_of(url)
        if origin not in self._robots:
            answer = await self._get(f"{origin}/robots.txt")
            self._robots[origin] = self._rules(answer)
        return self._robots[origin]

    def _rules(self, answer: "Fetched | None") -> RobotsRules:
        if answer is None:
            return RobotsRules.unreachable(fetched=self._now, user_agent=self._user_agent)
        try:
            text = decode_content(answer.payload, answer.header("content-encoding"), limit=_ROBOTS_BYTES)
        except PayloadUnreadable as error:
            # Nobody can tell what it forbids.
            return RobotsRules.unreachable(fetched=self._now, user_agent=self._user_agent, problem=str(error))
        if not answer.status:
            problem = answer.error or "no answer"
            return RobotsRules.unreachable(fetched=self._now, user_agent=self._user_agent, problem=problem)
        return RobotsRules.from_response(answer.status, text, fetched=self._now, user_agent=self._user_agent)

    async def _get(self, url: str) -> "Fetched | None":
        if url not in self._answers:
            if len(self._answers) >= self._max_fetches:
                return None
            self._answers[url] = await self._fetch(url)
        return self._answers[url]


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL.

    >>> origin_of("http://127.0.0.1:8900/feed.xml")
    'http://127.0.0.1:8900'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _reason(answer: "Fetched") -> str:
    """Why an answer is of no use."""
    return answer.error or f"answers with status {answer.status}"
