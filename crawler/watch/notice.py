"""What to tell of alerts: when one begins, once a day while it lasts, and when it has ended. Pure; and the JSON that says so.

What was said is kept by the journal, so that a restart repeats nothing, and sent only when it has been taken.
"""

from collections.abc import Sequence
from collections.abc import Set as Names

import msgspec

from crawler.watch.alert import Alert
from crawler.watch.evidence import DAY
from crawler.watch.journal import StandingAlert

LINES_SHOWN = 20
"""Alerts that the text of a notice names; its fields have them all."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent."""

    begun: tuple[Alert, ...] = ()
    lasting: tuple[Alert, ...] = ()
    """Sent a day ago, and still true."""
    ended: tuple[StandingAlert, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.begun or self.lasting or self.ended)


def notice_of(alerts: Sequence[Alert], standing: Sequence[StandingAlert], *, now: float, among: Names[str]) -> Notice:
    """What is to be said. `among` are the sources that were looked at; what stands of others is let be."""
    said = {(one.kind, one.source): one for one in standing if one.sent is not None}
    keys = {_key(alert) for alert in alerts}
    return Notice(
        begun=tuple(alert for alert in alerts if _key(alert) not in said),
        lasting=tuple(alert for alert in alerts if (one := said.get(_key(alert))) and now - (one.sent or 0.0) >= DAY),
        ended=tuple(one for key, one in said.items() if key not in keys and one.source in among),
    )


def standing_after(
    alerts: Sequence[Alert],
    standing: Sequence[StandingAlert],
    notice: Notice,
    *,
    now: float,
    sent: bool,
    among: Names[str],
) -> list[StandingAlert]:
    """What stands afterwards; unless the notice was `sent`, it stays to be said."""
    before = {(one.kind, one.source): one for one in standing}
    new = {_key(alert) for alert in (*notice.begun, *notice.lasting)} if sent else set()
    after = []
    for alert in alerts:
        key = _key(alert)
        old = before.get(key)
        after.append(
            StandingAlert(
                kind=alert.kind,
                source=alert.source or "",
                since=old.since if old else now,
                sent=now if key in new else old.sent if old else None,
                line=alert.line,
            )
        )
    keys = {_key(alert) for alert in alerts}
    after += [one for key, one in before.items() if key not in keys and one.source not in among]
    if not sent:
        after += notice.ended
    return after


def body_of(notice: Notice, *, collection: str) -> bytes:
    """The JSON of a notice: `text` for receivers that show a line or several, and fields for those that take them apart."""
    lines = [f"ALERT {alert.line}" for alert in notice.begun]
    lines += [f"STILL {alert.line}" for alert in notice.lasting]
    lines += [f"ENDED {one.line}" for one in notice.ended]
    more = [f"and {len(lines) - LINES_SHOWN} more"] if len(lines) > LINES_SHOWN else []
    return msgspec.json.encode(
        {
            "text": "\n".join([f"morgue {collection}:", *lines[:LINES_SHOWN], *more]),
            "collection": collection,
            "begun": notice.begun,
            "lasting": notice.lasting,
            "ended": [{"kind": one.kind, "source": one.source or None, "since": one.since} for one in notice.ended],
        }
    )


def _key(alert: Alert) -> tuple[str, str]:
    return alert.kind, alert.source or ""
