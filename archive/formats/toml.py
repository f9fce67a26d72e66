"""TOML files of a collection, read into typed structs; an error names file, key, value and remedy.

Spec: https://toml.io/en/v1.0.0. Which keys exist, and what they mean, is said by the struct; this module knows none.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from archive.errors import SettingInvalid

T = TypeVar("T")

_PATH = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_NAMES = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
    "datetime": "a date and time",
    "date": "a date",
}


class FieldInvalid(ValueError):
    """What a struct's `__post_init__` raises when one of its fields is wrong.

    The message is the part after the value: `is not a network (write "10.0.0.0/8")`.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def decode_toml(text: str | bytes, kind: type[T], file: str) -> T:
    """Read a TOML document into a struct; `SettingInvalid` is one line: file, key, value, remedy.

    A field type with a `parse` classmethod (`Duration`, `Size`) reads the value itself; its `ValueError` says what is
    wrong. A struct reports a field through `FieldInvalid`. Keys are shown as `seeds[2].every`, counted from 0.
    """
    try:
        data = tomllib.loads(text if isinstance(text, str) else text.decode())
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingInvalid(f"{file}: line {line}: is not UTF-8 (save the file as UTF-8)") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingInvalid(_syntax_message(str(error), file)) from None
    return convert_toml(data, kind, file)


def convert_toml(data: Mapping[str, object], kind: type[T], file: str, *, strict: bool = True) -> T:
    """As `decode_toml`, for a document that is parsed already; unless `strict`, text may stand for a number."""
    try:
        return msgspec.convert(data, kind, strict=strict, dec_hook=_parse_value)
    except msgspec.ValidationError as error:
        raise SettingInvalid(f"{file}: {_explain(error, data, kind)}") from None


def to_toml(value: object) -> str:
    """One value as TOML text.

    >>> print(to_toml(["10.0.0.0/8", True, 3]))
    ["10.0.0.0/8", true, 3]
    """
    if hasattr(value, "to_text"):
        value = value.to_text()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_to_key(key)} = {to_toml(item)}" for key, item in value.items()) + "}"
    # JSON's strings, numbers and booleans are TOML's, but for DEL and for dates.
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007F")


def _to_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else to_toml(key)


def _parse_value(kind: type[Any], value: object) -> Any:
    return kind.parse(value)


def _syntax_message(message: str, file: str) -> str:
    problem, _, place = message.partition(" (at ")
    line = re.match(r"line (\d+)", place)
    where = f"line {line[1]}" if line else "end of file"
    remedy = "write each key and table once" if problem.startswith("Cannot ") else "is a quote or bracket missing?"
    return f"{file}: {where}: {problem[:1].lower()}{problem[1:]} ({remedy})"


def _explain(error: msgspec.ValidationError, data: object, kind: type[Any]) -> str:
    """`key: value is not … (remedy)` for one of msgspec's errors."""
    found = _PATH.match(str(error))
    assert found  # the pattern fits any text
    message, path = found[1], (found[2] or "").partition("[...]")[0]
    if isinstance(error.__cause__, FieldInvalid):
        path = f"{path}.{error.__cause__.field}".lstrip(".")
    if unknown := _UNKNOWN.fullmatch(message):
        key = f"{path}.{unknown[1]}".lstrip(".")
        return f"{key}: is no known key ({_suggest(unknown[1], _fields(_type_at(kind, path)))})"
    if missing := _MISSING.fullmatch(message):
        return f"{path}.{missing[1]}: is missing (add it)".lstrip(".")
    if message.startswith("Expected `") and (expected := re.match(r"Expected `([a-z]+)(?: \| null)?`(.*)", message)):
        message = f"is not {_NAMES.get(expected[1], expected[1])}{expected[2].partition(', got')[0]}"
    if message.startswith("Invalid enum value"):
        message = f"is not one of {', '.join(to_toml(name) for name in _choices(_type_at(kind, path)))}"
    if message == "Invalid RFC3339 encoded date":
        message = "is not a date (write it like 2024-05-01, without quotes)"
    value = _value_at(data, path)
    return f"{path or 'file'}: {'' if value is None else _shorten(value) + ' '}{message}"


def _suggest(key: str, known: list[str]) -> str:
    import difflib  # of use to a mistake only

    close = difflib.get_close_matches(key, known, n=1)
    return f'write "{close[0]}" or remove it' if close else f"remove it; keys here: {', '.join(known)}"


def _shorten(value: object) -> str:
    text = to_toml(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _steps(path: str) -> list[int | str]:
    return [int(step[1]) if step[1] else step[2] for step in _STEP.finditer(path)]


def _value_at(data: Any, path: str) -> object:
    """The value a path leads to; `None` where the document leaves it out, for a check may be about a default."""
    for step in _steps(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _type_at(kind: type[Any], path: str) -> Any:
    """The type, as msgspec describes it, that a path leads to."""
    node: Any = inspect.type_info(kind)
    for step in _steps(path):
        node = _plain(node)
        if isinstance(node, inspect.StructType):
            node = next((field.type for field in node.fields if field.encode_name == step), node)
        elif isinstance(node, inspect.DictType):
            node = node.value_type
        else:
            node = getattr(node, "item_type", node)
    return _plain(node)


def _plain(node: Any) -> Any:
    """The description inside `Annotated` and `… | None`."""
    while isinstance(node, inspect.Metadata | inspect.UnionType):
        if isinstance(node, inspect.Metadata):
            node = node.type
        else:
            node = next(option for option in node.types if not isinstance(option, inspect.NoneType))
    return node


def _fields(node: Any) -> list[str]:
    return [field.encode_name for field in node.fields] if isinstance(node, inspect.StructType) else []


def _choices(node: Any) -> list[object]:
    return list(node.values) if isinstance(node, inspect.LiteralType) else []
