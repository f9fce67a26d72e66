"""Every error a crawl raises. The message is the one line a user sees: what, where, what to do.

CrawlerError
├── SourceInvalid     a source file holds a wrong key or value
├── SourceUnknown     no source of this name in the collection
├── PresetUnknown     the library holds no preset of this name
├── SourceExists      a source of this name, or of this site, is there already
├── SiteUnreachable   a site did not answer, or refuses us, while looking for its seeds
├── NoSeeds           a site answered, and offers nothing to follow
├── RenderUnavailable   a page is to be rendered, and there is nothing to do it with
├── RenderFailed        a browser could not render one page
│   └── BrowserLost     and it, or what drives it, is gone for good
├── FrontierUnreadable  frontier.sqlite cannot be used
├── JournalUnreadable   journal.sqlite cannot be used
├── WebhookFailed       nobody took an alert
├── AddressTaken        metrics cannot be served there
└── DemoFailed          a step of the demo did not work
"""


class CrawlerError(Exception):
    """Root of the errors of package `crawler`."""

    exit_status = 1


class SourceInvalid(CrawlerError):
    """A source file holds a wrong key or value."""

    exit_status = 2


class SourceUnknown(CrawlerError):
    """The collection follows no source of this name."""

    exit_status = 2


class PresetUnknown(CrawlerError):
    """The library holds no preset of this name."""

    exit_status = 2


class SourceExists(CrawlerError):
    """The collection has a source of this name, or one that follows this site."""

    exit_status = 2


class SiteUnreachable(CrawlerError):
    """A site's first page cannot be fetched."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """Of its answer; 0 where there was none."""


class NoSeeds(CrawlerError):
    """A site offers neither feed nor sitemap, nor a front page whose links tell articles from the rest."""

    exit_status = 3


class RenderUnavailable(CrawlerError):
    """A page is to be rendered, and the extra or the browser is missing."""


class RenderFailed(CrawlerError):
    """A browser could not render one page."""


class BrowserLost(RenderFailed):
    """The browser is gone, or what drives it: another has to be started."""


class FrontierUnreadable(CrawlerError):
    """The frontier's database is damaged, of another version, or cannot be written."""


class JournalUnreadable(CrawlerError):
    """The journal's database is damaged, of another version, or cannot be written."""


class WebhookFailed(CrawlerError):
    """The receiver of alerts did not take one. The message never names the whole address."""


class AddressTaken(CrawlerError):
    """The address for metrics cannot be listened on."""


class DemoFailed(CrawlerError):
    """A step of the demo did not work."""
