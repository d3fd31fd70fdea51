"""Verifying webhooks (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from .types import EventType, Mode


class WebhookEvent(TypedDict):
    """A webhook event."""

    type: EventType | Literal["webhook.test"]
    #: When it happened.
    timestamp: str
    #: Increases from event to event, and orders the events of a post. None for `webhook.test`.
    sequence: int | None
    #: Counts the events of the post: 1, 2, 3, …. None if the event is not about a post.
    postSequence: int | None
    mode: Mode
    #: The object, as it was when this event was first sent; None if it has been deleted.
    data: dict[str, Any]


class WebhookVerificationError(Exception):
    """A request that Ampost did not send, or did not send recently. Respond with 400."""


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance_seconds: float = 300,
    now: Callable[[], float] = time.time,
) -> WebhookEvent:
    """
    The event in a webhook request, after verifying that Ampost sent it. `body` is the raw body: parsing and serializing
    it again changes the signature. `secret` is `whsec_…`; several during a rotation. The `webhook-id` header is the same
    whenever the same event is resent. Raises WebhookVerificationError.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id, timestamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError:
        message = "The headers webhook-id, webhook-timestamp and webhook-signature are required."
        raise WebhookVerificationError(message) from None
    if not timestamp.isdecimal() or abs(now() - int(timestamp)) > tolerance_seconds:
        raise WebhookVerificationError(
            "The timestamp is too old or too new: the request may be a replay, or the clock may be wrong."
        )
    raw = body.encode() if isinstance(body, str) else body
    signed = f"{id}.{timestamp}.".encode() + raw
    secrets = [secret] if isinstance(secret, str) else secret
    for each in secrets:
        expected = hmac.new(_decoded(each.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        for signature in signatures.split(" "):
            if signature.startswith("v1,") and hmac.compare_digest(expected, _decoded(signature[3:])):
                return json.loads(raw)
    raise WebhookVerificationError(
        "No signature matches: the secret belongs to another webhook, or the body has changed."
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise WebhookVerificationError("The secret or a signature is not base64.") from None
