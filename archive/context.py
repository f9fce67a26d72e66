"""What `morgue` hands every command: which collection is meant, and the options that commands share.

Commands take it as `@click.pass_obj`. Nothing heavy is imported before a command asks for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.config import Settings
    from archive.web.explaining import Explain

F = TypeVar("F", bound=Callable[..., Any])


class CommandContext:
    """The `obj` of every click context."""

    def __init__(
        self,
        collection: str | None = None,
        *,
        debug: bool = False,
        explainer: "Callable[[], Explain] | None" = None,
    ) -> None:
        self.explainer = explainer
        """Makes what can read a page again, for the web pages; `None` where no extraction stands above."""
        self.collection = collection
        """The folder that `--collection` named, before or after the command."""
        self.debug = debug

    def collection_folder(self) -> Path:
        """The collection's folder: `--collection`, else `MORGUE_COLLECTION`, else the nearest one from here upwards.

        Raises CollectionNotFound.
        """
        from archive.config import find_collection

        return find_collection(Path.cwd(), self.collection)

    def settings(self, **flags: object) -> "Settings":
        """The collection's settings; `flags` are the command's own, by setting name, `None` where not given."""
        from archive.config import load_settings

        return load_settings(self.collection_folder(), flags=flags)

    @contextmanager
    def open_collection(self) -> "Iterator[Collection]":
        """The collection, open for reading while the block runs."""
        from archive.collection import Collection

        with Collection.open(self.collection_folder()) as collection:
            yield collection


def _take_collection(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(CommandContext).collection = value


def collection_option(command: F) -> F:
    """Let a command take `--collection` after its name too."""
    return click.option(
        "--collection",
        metavar="DIR",
        callback=_take_collection,
        expose_value=False,
        help="The collection's folder; by default MORGUE_COLLECTION, else the nearest one from here upwards.",
    )(command)


def json_option(command: F) -> F:
    """Let a command print one JSON object a line; it is passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")(command)
