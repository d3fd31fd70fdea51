"""The client for the Ampost API, with and without asyncio. It uses only the standard library."""

from ._client import AsyncClient, Client
from ._errors import AmpostError
from ._webhooks import WebhookEvent, WebhookVerificationError, verify_webhook

__all__ = ["AmpostError", "AsyncClient", "Client", "WebhookEvent", "WebhookVerificationError", "verify_webhook"]
