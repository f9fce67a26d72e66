"""Posts JSON to a webhook: a few tries, each with a bound, and never the address in a message, since it is a secret.

The address is the owner's own setting, so that it may lead to this machine or a private network; redirects are not
followed.
"""

import http.client
import threading
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from crawler.errors import WebhookFailed

TIMEOUT_SECONDS = 10.0
WAITS = (2.0, 10.0)
"""Seconds before the second and the third try."""
_READ_BYTES = 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def post(url: str, body: bytes, *, agent: str, stop: threading.Event, waits: tuple[float, ...] = WAITS) -> None:
    """Post, and try again where the receiver does not take it; not once `stop` is set. Raises WebhookFailed."""
    place = urlsplit(url).hostname or "?"
    for wait in (*waits, None):
        try:
            _post_once(url, body, agent)
            return
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"answers with status {error.code}"
            if error.code < 500 and error.code not in (408, 429):
                break
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            problem = getattr(reason, "strerror", None) or type(reason).__name__
        if wait is None or stop.wait(wait):
            break
    raise WebhookFailed(f"{place}: {problem} (check alert_webhook; the alert is sent later)")


def _post_once(url: str, body: bytes, agent: str) -> None:
    request = urllib.request.Request(  # noqa: S310  archive.config lets http and https through only
        url, data=body, method="POST", headers={"Content-Type": "application/json", "User-Agent": agent}
    )
    opener = urllib.request.build_opener(_NoRedirects)
    with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
        answer.read(_READ_BYTES)
