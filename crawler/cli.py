"""The command `morgue`: joins the commands of the three packages, and turns every error into one line and a status.

Each command is imported when it is run, so that `morgue lookup` loads neither Scrapy nor trafilatura. What a command
does is its own module's matter. Exit status: 0 done, 1 failed, 2 bad usage, 3 nothing found, 4 some pages failed.
"""

import importlib
import logging
import os
import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from archive.context import CommandContext, collection_option
from archive.errors import ArchiveError
from crawler.errors import CrawlerError
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from archive.web.explaining import Explain

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What the shell says of a program that SIGPIPE or SIGINT ended."""

SECTIONS = {
    "Collect": {
        "init": ("archive.commands", "Make a new collection."),
        "source": ("crawler.source_commands", "Add, list, check and remove the newspapers to follow."),
        "crawl": (
            "crawler.commands",
            "Fetch everything that is due, of all sources or of those named, then seal and stop.",
        ),
        "save": ("crawler.commands", "Capture these pages now, and read them."),
        "schedule": ("crawler.schedule_commands", "Crawl again and again, each source at its own pace."),
    },
    "Look up": {
        "lookup": ("archive.lookup_commands", "List the captures of a URL."),
        "show": ("archive.lookup_commands", "Show what a page said."),
        "history": ("archive.article_commands", "List the versions of an article."),
        "diff": ("archive.article_commands", "Show what changed between two versions of an article."),
        "search": ("archive.article_commands", "Find articles by their words."),
        "serve": ("archive.commands", "Serve the collection over HTTP, with pages for a browser."),
    },
    "Keep": {
        "extract": (
            "pipelines.commands",
            "Read archived pages that today's extractor has not read, of all sources or of those named.",
        ),
        "doctor": (
            "crawler.watch_commands",
            "Say what needs someone: silent sources, errors, useless seeds, sites that have changed their pages.",
        ),
        "status": ("crawler.watch_commands", "Say how each source stands today, and what the collection holds."),
        "verify": ("archive.commands", "Check every record against its digest, and the indexes against the records."),
        "reindex": ("archive.commands", "Make the catalog and the search index anew from the WARC files."),
    },
    "Try": {
        "demo": ("crawler.commands", "Crawl a local news site, edit it, crawl again, and show what changed."),
    },
}
"""Module and help of each command, in the order of `morgue --help`. The command has its name as attribute."""

_MODULES = {name: module for section in SECTIONS.values() for name, (module, _) in section.items()}


class _ReaderGone(Exception):
    """Whoever read our output has gone."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        command = getattr(importlib.import_module(_MODULES[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click itself would make exit status 1 of it, and that means failed.
            raise _ReaderGone from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, help_text) for name, (_, help_text) in commands.items()])


def _show_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib import metadata

        try:
            version = metadata.version("newsmorgue")
        except metadata.PackageNotFoundError:
            version = "(from a checkout that was never installed)"
        click.echo(f"morgue {version}")
        context.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@collection_option
@click.option("--debug", is_flag=True, help="Log every step, and show where an error came from.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
@click.pass_context
def morgue(context: click.Context, debug: bool) -> None:
    """Keep the news of the web: crawl it on a schedule, read it as clean text, and look up what a page said, and when."""
    context.ensure_object(CommandContext).debug = debug
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.WARNING,
        format="%(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    if debug:
        sys.excepthook = sys.__excepthook__
    else:
        # What Scrapy warns of, the crawl reports as a page's failure, or (certificates) keeps. A filter, because
        # Scrapy resets levels when it starts.
        for name in ("handlers.http11", "tls"):
            logger = logging.getLogger(f"scrapy.core.downloader.{name}")
            logger.addFilter(lambda record: record.levelno >= logging.ERROR)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit status. What is wrong is said in one line on stderr."""
    context = CommandContext(explainer=_explainer)
    try:
        result = morgue.main(arguments, prog_name="morgue", standalone_mode=False, obj=context)
        sys.stdout.flush()
    except (ArchiveError, PipelineError, CrawlerError) as error:
        return _fail(str(error), error.exit_status, error, debug=context.debug)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "morgue"
        message = f"{error.format_message().rstrip('.')} (see `{command} --help`)"
        return _fail(message, error.exit_code, error, debug=context.debug)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code, error, debug=context.debug)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except (BrokenPipeError, _ReaderGone):
        # Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}", 1, error, debug=context.debug)
    return result if isinstance(result, int) else 0


def _explainer() -> "Explain":
    """What `morgue serve` asks how a text came about: the archive knows no extraction."""
    from pipelines.explaining import PageExplainer

    return PageExplainer()


def main() -> NoReturn:
    """The entry point of the script `morgue`."""
    sys.excepthook = _report_bug
    sys.exit(run(sys.argv[1:]))


def _fail(message: str, status: int, error: BaseException, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    click.echo(f"morgue: {' '.join(message.split())}", err=True)
    return status


def _report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What is left over is a mistake of ours; it gets its one line too."""
    place = traceback.extract_tb(trace)[-1] if trace else None
    where = f" at {place.filename}:{place.lineno}" if place else ""
    message = " ".join(str(error).split())
    click.echo(f"morgue: a bug: {kind.__name__}: {message}{where} (please report it; --debug shows more)", err=True)


if __name__ == "__main__":
    main()
