"""One range of bytes of an answer (RFC 9110 section 14): films are played from the middle."""

from starlette.requests import Request
from starlette.responses import Response

from archive.web.warcfiles import wanted_range


def cut_range(request: Request, response: Response) -> Response:
    """The part of an answer that the request asks for; all of it where it asks for none."""
    total = len(response.body)
    response.headers["accept-ranges"] = "bytes"
    span = wanted_range(request.headers.get("range"), total)
    if span is None:
        return response
    start, end = span
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    if start >= end:
        headers["content-range"] = f"bytes */{total}"
        return Response(status_code=416, headers=headers)
    headers["content-range"] = f"bytes {start}-{end - 1}/{total}"
    return Response(bytes(response.body[start:end]), 206, headers)
