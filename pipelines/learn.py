"""Learning a site's profile from archived pages, in a worker: the job, and what came of it.

When to learn, and from which pages, is `pipelines.watch`'s; how, `pipelines.extract.proof`'s.
"""

import logging
from concurrent.futures import Future
from pathlib import Path

import msgspec

from archive.errors import ArchiveError
from archive.formats.timestamp import from_timestamp
from archive.model import Capture
from pipelines.errors import PipelineError, PoolClosed
from pipelines.extract.profile import Learned, SiteRules
from pipelines.stored_page import load_page

logger = logging.getLogger(__name__)


class LearnJob(msgspec.Struct, frozen=True, kw_only=True, tag="learn"):
    """Pages of one site to learn from, oldest first."""

    site: str
    number: int
    """Of the profile to be learned."""
    captures: tuple[Capture, ...]
    folder: str
    """The folder of WARC files."""
    members: dict[int, bytes] = {}
    """The records of those whose files are no longer in the folder, by their place in `captures`."""
    rules: SiteRules = SiteRules()


class LearnResult(msgspec.Struct, frozen=True, kw_only=True):
    """A job and what came of it."""

    job: LearnJob
    learned: Learned | None
    """`None` where it did not come to an end."""
    error: str | None = None
    """Why not; `None` where the reader was stopped."""


def learn_result(job: LearnJob, future: "Future[bytes]") -> LearnResult:
    """The result of a job that has ended."""
    try:
        return LearnResult(job=job, learned=msgspec.msgpack.decode(future.result(), type=Learned))
    except PoolClosed:
        return LearnResult(job=job, learned=None)
    except PipelineError as error:
        return LearnResult(job=job, learned=None, error=str(error))


def learn_archived(job: LearnJob) -> bytes:
    """Learn a profile from archived pages; gives what was Learned as msgpack. A page that cannot be read is left out."""
    from pipelines.extract.article import raw_page
    from pipelines.extract.proof import learn_profile

    pages = []
    for place, capture in enumerate(job.captures):
        try:
            page = load_page(capture, Path(job.folder), job.members.get(place, b""))
            captured = from_timestamp(capture.timestamp)
            pages.append(raw_page(page.payload, url=capture.url, headers=page.headers, captured=captured))
        except (ArchiveError, PipelineError) as error:
            logger.debug("left out of learning url=%s error=%s", capture.url, error)
    since = min((capture.timestamp for capture in job.captures), default="")
    learned = learn_profile(pages, host=job.site, number=job.number, since=since, rules=job.rules)
    return msgspec.msgpack.encode(learned)
