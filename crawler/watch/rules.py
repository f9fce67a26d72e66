"""What a source is expected to do: the `[watch]` part of `sources/NAME.toml`. What it does not say is learned."""

from typing import Annotated

import msgspec
from msgspec import Meta

from archive.formats.units import Duration


class WatchRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to raise an alert about a source."""

    quiet_after: Annotated[
        Duration,
        Meta(description='No new article for so long is an alert. "0s": as long as is unusual for the source.'),
    ] = Duration()
    articles_per_day: Annotated[
        float,
        Meta(
            ge=0,
            le=1_000_000,
            description="New articles on an ordinary day, which silences are held against. 0: learned.",
        ),
    ] = 0.0
    max_error_rate: Annotated[
        float,
        Meta(ge=0, le=1, description="So many of a day's requests may fail, 0.1 for a tenth; 1: all. 0: learned."),
    ] = 0.0
