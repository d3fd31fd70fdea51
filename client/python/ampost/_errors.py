"""Why calls fail."""

from __future__ import annotations

import email.utils
import http.client
import json
import time
from typing import Any


class AmpostError(Exception):
    """Why a call failed. The text is for people; code should check `code`."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        issues: list[Any] | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
        limit: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        #: An error code of the API, or `CONNECTION_FAILED`, `TIMED_OUT` or `UNEXPECTED_ANSWER`.
        self.code = code
        #: The HTTP status; None if there was no response.
        self.status = status
        #: Every broken rule, each with its location in the request and what to do.
        self.issues = issues or []
        #: The request ID, as in the server's log; None if there was no response.
        self.request_id = request_id
        #: How many seconds to wait before a retry, according to the server.
        self.retry_after_seconds = retry_after_seconds
        #: The exceeded limit, if the code is `RATE_LIMITED` and the server returns it.
        self.limit = limit


def refusal_of(status: int, headers: http.client.HTTPMessage, text: bytes) -> AmpostError:
    """The error of an unsuccessful response."""
    request_id = headers.get("x-request-id")
    if status < 400:
        target = headers.get("location")
        to = "" if target is None else f" to {target}"
        return AmpostError(
            "UNEXPECTED_ANSWER",
            f"The URL redirects{to}. Use the final URL as base_url.",
            status=status,
            request_id=request_id,
        )
    retry_after_seconds = _seconds_of(headers.get("retry-after"))
    body = _parsed(text)
    if body is None and status == 401 and text == b"":
        message = "The API key is missing, invalid, expired or revoked."
        return AmpostError("UNAUTHORIZED", message, status=status, request_id=request_id)
    if body is None:
        return AmpostError(
            "UNEXPECTED_ANSWER",
            f"Status {status} without a response from the API. Is base_url the URL of an Ampost instance?",
            status=status,
            request_id=request_id,
            retry_after_seconds=retry_after_seconds,
        )
    return AmpostError(
        body["code"],
        body["error"],
        status=status,
        issues=body.get("issues"),
        request_id=body.get("requestId", request_id),
        retry_after_seconds=retry_after_seconds,
        limit=body.get("limit"),
    )


def failure_of(error: Exception) -> AmpostError:
    """The error raised when there was no complete response."""
    if isinstance(error, AmpostError):
        return error
    if isinstance(error, TimeoutError):
        return AmpostError("TIMED_OUT", "No response in time.")
    if isinstance(error, ValueError):
        message = "The response is not JSON. Is base_url the URL of an Ampost instance?"
        return AmpostError("UNEXPECTED_ANSWER", message)
    return AmpostError("CONNECTION_FAILED", f"The server could not be reached, or the connection broke ({error}).")


def is_passing(error: AmpostError) -> bool:
    """Whether the same call may succeed a little later, if it can be repeated at all."""
    passing = ("CONNECTION_FAILED", "TIMED_OUT", "RATE_LIMITED", "IDEMPOTENCY_IN_PROGRESS")
    return error.code in passing or (error.status is not None and error.status >= 500)


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    is_error = isinstance(body, dict) and isinstance(body.get("code"), str) and isinstance(body.get("error"), str)
    return body if is_error else None


def _seconds_of(header: str | None) -> float | None:
    """`Retry-After` in seconds, from either of its formats (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
