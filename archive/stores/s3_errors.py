"""What went wrong with a bucket, in one line that names the endpoint and what to do about it."""

import re
from typing import Any

from archive.errors import StoreError, StoreUnreachable

_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_REGION = "the bucket is in another region (set AWS_REGION)"
_DENIED = f"access denied (check {_KEYS}; the key must be allowed to list the bucket, and to get and put objects)"
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the numbers are answers to HEAD, without a body.
_REFUSALS = {
    "NoSuchBucket": "no such bucket (create it, or name another with `store` in morgue.toml)",
    "InvalidAccessKeyId": f"the access key is unknown there (check {_KEYS})",
    "SignatureDoesNotMatch": f"the secret key is wrong (check {_KEYS})",
    "ExpiredToken": "the session token has expired (sign in again)",
    "InvalidToken": "the session token is wrong (check AWS_SESSION_TOKEN)",
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "403": _DENIED,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "301": _REGION,
    "400": f"the request was refused without a reason (check {_KEYS} and AWS_REGION)",
    "RequestTimeTooSkewed": "this machine's clock is wrong (set it)",
    "BadDigest": "received other bytes than were sent (try again)",
    "InvalidObjectState": "the object is in cold storage (restore it, and keep WARC files in a class that is read at once)",
    "QuotaExceeded": "the bucket is full (raise its quota)",
}
_BUSY = {"SlowDown", "RequestTimeout", "RequestTimeoutException", "Throttling", "ThrottlingException", "429"}


def explain(error: Exception, place: str, name: str) -> StoreError:
    """The error to raise for one of botocore's; `place` is bucket and endpoint, `name` the file it was about."""
    from botocore import exceptions as boto

    if isinstance(error, boto.ClientError):
        return _explain_answer(error.response, place, name)
    if isinstance(error, boto.SSLError):
        return StoreError(f"{place}: no trusted TLS: {_reason(error)} (check AWS_ENDPOINT_URL and AWS_CA_BUNDLE)")
    if isinstance(error, boto.IncompleteReadError | boto.ResponseStreamingError):
        return StoreUnreachable(f"{place}: the answer broke off while reading {name} (try again)")
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        return StoreUnreachable(f"{place}: no answer: {_reason(error)} (check AWS_ENDPOINT_URL, or try later)")
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
        return StoreError(f"{place}: no keys to sign with (set {_KEYS})")
    return StoreError(f"{place}: {_one_line(str(error))} (check the AWS settings of this machine)")


def _explain_answer(answer: Any, place: str, name: str) -> StoreError:
    code = str(answer["Error"].get("Code", "unknown"))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _BUSY or status >= 500:
        return StoreUnreachable(f"{place}: overloaded or out of order: {code} (try later)")
    if known := _REFUSALS.get(code):
        return StoreError(f"{place}: {known}")
    return StoreError(f"{place}: refused {name}: {code} {_one_line(answer['Error'].get('Message') or '')}".rstrip())


def _reason(error: Exception) -> str:
    """The system's own words out of a nest of library errors.

    >>> _reason(OSError("<Connection at 0x7f>: Failed to connect: [Errno 111] Connection refused"))
    'Connection refused'
    """
    text = _one_line(str(getattr(error, "kwargs", {}).get("error") or error))
    words = re.search(
        r"\[Errno -?\d+\] [^()']+|certificate verify failed[^()]*|timed out|\w+ end closed connection", text
    )
    return re.sub(r"^\[.*?\] ", "", words[0]).strip() if words else text


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
