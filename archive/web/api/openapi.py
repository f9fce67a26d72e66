"""The OpenAPI document of the JSON interface, made from its endpoints (https://spec.openapis.org/oas/v3.1.0)."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from archive.web.api.answers import ErrorAnswer
from archive.web.api.endpoint import Endpoint

_COMPONENTS = "#/components/schemas/{name}"
_FAULTS = {
    "400": "The question cannot be understood.",
    "404": "Nothing is archived of that.",
    "503": "An index or the store cannot be read just now.",
}


def to_openapi(endpoints: Sequence[Endpoint[Any, Any]], *, server: str) -> dict[str, Any]:
    """The document; `server` is the address that its paths stand below."""
    answers = [one.answer for one in endpoints]
    schemas, components = msgspec.json.schema_components([*answers, ErrorAnswer], ref_template=_COMPONENTS)
    *of_answers, of_errors = schemas
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Newsmorgue",
            "version": version("newsmorgue"),
            "description": "What did this page say, and when? GET only; times are UTC; answers that go on hold a `cursor`.",
        },
        "servers": [{"url": server}],
        "paths": {
            f"/api/{one.path}": {"get": _operation(one, answer, of_errors)}
            for one, answer in zip(endpoints, of_answers, strict=True)
        },
        "components": {"schemas": components},
    }


def _operation(endpoint: Endpoint[Any, Any], answer: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    faults = {status: {"description": text, "content": _json(error)} for status, text in _FAULTS.items()}
    return {
        "operationId": endpoint.path,
        "summary": endpoint.summary,
        "description": endpoint.question.__doc__,
        "parameters": _parameters(endpoint.question),
        "responses": {"200": {"description": answer.get("description", ""), "content": _json(answer)}, **faults},
    }


def _parameters(question: type[msgspec.Struct]) -> list[dict[str, Any]]:
    (reference,), components = msgspec.json.schema_components([question], ref_template=_COMPONENTS)
    schema = components[reference["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _given(one)}
        for name, one in schema["properties"].items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: one that may be left out cannot be given as null."""
    schema = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    kinds = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    return {**schema, **kinds[0]} if kinds else schema


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
