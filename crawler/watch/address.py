"""Where metrics are served, as it is written on the command line: `9100`, `0.0.0.0:9100`, `[::1]:9100`."""

import re

import click

_FORM = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):)?(?P<port>[0-9]{1,5})")
LOOPBACK = "127.0.0.1"


class MetricsAddress(click.ParamType[tuple[str, int]]):
    """Host and port."""

    name = "[HOST:]PORT"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return self.name

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        found = _FORM.fullmatch(str(value))
        if found is None or int(found["port"]) > 65535:
            self.fail(f"{value!r} is no address (write it like 9100, or 0.0.0.0:9100)", param, ctx)
        return (found["host"] or LOOPBACK).strip("[]"), int(found["port"])
