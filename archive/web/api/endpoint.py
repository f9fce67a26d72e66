"""One question of the JSON interface: its address, what may be asked, what is answered. The same declaration reads the
query string and is written into the OpenAPI document, so that the two cannot differ.
"""

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from starlette.datastructures import QueryParams

from archive.collection import Collection
from archive.errors import QueryInvalid

Question = TypeVar("Question", bound=msgspec.Struct)
Answer = TypeVar("Answer", bound=msgspec.Struct)

_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class Endpoint(msgspec.Struct, Generic[Question, Answer], frozen=True, kw_only=True):
    """A question and how it is answered."""

    path: str
    """Below `/api/`; also the operation's id."""
    summary: str
    question: type[Question]
    answer: type[Answer]
    ask: Callable[[Collection, Question], Answer]
    """May raise QueryInvalid (400), NoCapture (404) and any other ArchiveError (503)."""


def parse_question(form: type[Question], parameters: QueryParams) -> Question:
    """What a query string asks; what is blank counts as left out, and unknown names are passed over.

    Raises QueryInvalid, naming the parameter: a value of another form, one given twice, one that is missing.
    """
    given: dict[str, str] = {}
    for field in msgspec.structs.fields(form):
        name = field.encode_name
        values = [value.strip() for value in parameters.getlist(name)]
        if len(values) > 1:
            raise QueryInvalid(f"{name} is given {len(values)} times (give it once)")
        if values and values[0]:
            given[name] = values[0]
        elif field.required:
            raise QueryInvalid(f"{name} is missing (write {name}= and a value)")
    try:
        return msgspec.convert(given, form, strict=False)
    except msgspec.ValidationError as error:
        raise QueryInvalid(_in_words(error, given)) from error


def _in_words(error: msgspec.ValidationError, given: dict[str, Any]) -> str:
    message = str(error)
    place = _PLACE.search(message)
    name = place[1] if place else ""
    reason = message[: place.start()] if place else message
    return f"{name}={given.get(name, '')[:40]}: {reason[:1].lower()}{reason[1:]}"
