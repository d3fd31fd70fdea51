"""Sending requests, retrying those that are safe to repeat, and reading responses."""

from __future__ import annotations

import asyncio
import functools
import http.client
import json
import random as randomness
import re
import secrets
import socket
import ssl
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ._errors import AmpostError, failure_of, is_passing, refusal_of

Result = TypeVar("Result")

#: For a longer delay, the caller decides whether to wait.
LONGEST_PAUSE_SECONDS = 60
#: A slower connection than this counts as lost.
SLOWEST_BYTES_PER_SECOND = 20_000
PAGE_SIZE = 100


class Connection:
    """The settings of every request, and how it is sent. Each request uses its own connection, from any thread."""

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        retries: int,
        timeout_seconds: float,
        random: Callable[[], float] = randomness.random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not isinstance(api_key, str) or not re.fullmatch(r"[\x21-\x7e]+", api_key):
            raise ValueError("api_key is not a valid key: it must begin with amp_live_ or amp_test_, without spaces.")
        if not 0 < timeout_seconds <= 604_800:
            raise ValueError("timeout_seconds must be a number above 0 and at most 604800.")
        url = urllib.parse.urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc or url.query or url.fragment:
            raise ValueError(
                "base_url must be a complete http or https URL without user, query or fragment, "
                "such as https://api.ampost.io."
            )
        self._api_key = api_key
        self._host, self._port = url.hostname, url.port
        self._prefix = url.path.rstrip("/")
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self.retries = retries
        self.timeout_seconds = timeout_seconds
        self._random, self._pause = random, pause

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        files: Sequence[tuple[str, bytes]] = (),
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait_seconds: float | None = None,
        etag: bool = False,
        received: bool = False,
    ) -> Any:
        """
        Sends a request, retries it when that is safe and useful, and returns the response: with its `etag`, or only the
        headers that were `received`, if asked. Raises AmpostError.
        """
        sent = dict(headers or {})
        if writes:
            sent["Idempotency-Key"] = _checked(idempotency_key or secrets.token_hex(16))
        if if_match is not None:
            sent["If-Match"] = if_match
        if wait_seconds is not None:
            sent["Prefer"] = f"wait={int(-(-wait_seconds // 1))}"
        data, content_type = _encoded(body, files)
        if content_type is not None:
            sent["Content-Type"] = content_type
        timeout = self.timeout_seconds + (wait_seconds or 0)
        target = path + _query_of(query)

        def attempt() -> Any:
            text, answered = self.exchange(method, target, data, sent, timeout)
            if received:
                return answered
            answer = json.loads(text)
            return {**answer, "etag": answered.get("etag")} if etag else answer

        return self.repeated(attempt)

    def exchange(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> tuple[bytes, http.client.HTTPMessage]:
        """One request and its whole response."""
        connection, response, _ = self.send(method, target, data, headers, timeout)
        try:
            text = response.read()
            if not 200 <= response.status < 300:
                raise refusal_of(response.status, response.headers, text)
            return text, response.headers
        finally:
            connection.close()

    def send(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse, socket.socket]:
        """
        Sends one request. Returns once status and headers have been read, with the socket, which the connection forgets
        if it will not be used again. Redirects are not followed.
        """
        connection = (
            http.client.HTTPConnection(self._host, self._port, timeout=timeout)
            if self._tls is None
            else http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        )
        try:
            authorization = {"Authorization": f"Bearer {self._api_key}"}
            connection.request(method, self._prefix + target, body=data, headers={**authorization, **headers})
            used = connection.sock
            return connection, connection.getresponse(), used
        except BaseException:
            connection.close()
            raise

    def repeated(self, attempt: Callable[[], Result]) -> Result:
        """Retries until it succeeds, fails permanently, or runs out of attempts."""
        failures = 0
        while True:
            try:
                return attempt()
            except (OSError, http.client.HTTPException, ValueError, AmpostError) as error:
                failure = failure_of(error)
                if not is_passing(failure):
                    raise failure from error
                self.pause_after(failure, failures, self.retries)
            failures += 1

    def pause_after(self, failure: AmpostError, failures: int, retries: int) -> None:
        """Waits before the next attempt, as long as the server asks; raises if it should not be retried."""
        asked = failure.retry_after_seconds or 0
        if failures >= retries or asked > LONGEST_PAUSE_SECONDS:
            raise failure
        self._pause(max(asked, min(8, 0.5 * 2**failures)) * (1 + self._random() / 4))


class AsyncConnection:
    """The same for asyncio: requests wait in threads, which Python's own HTTP client needs."""

    def __init__(self, connection: Connection, max_requests: int) -> None:
        self.blocking = connection
        self._threads = ThreadPoolExecutor(max_requests, thread_name_prefix="ampost")

    async def run(self, work: Callable[..., Result], *args: Any, **options: Any) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, functools.partial(work, *args, **options))

    async def call(self, method: str, path: str, **options: Any) -> Any:
        return await self.run(self.blocking.call, method, path, **options)

    async def each(self, items: Iterator[Any]) -> AsyncIterator[Any]:
        """What an iterator yields, one after the other."""
        end = object()
        while (item := await self.run(next, items, end)) is not end:
            yield item

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def path_of(template: str, *values: str) -> str:
    """A path with encoded parameters, so that an ID can never address another path."""
    parts = template.split("{}")
    return parts[0] + "".join(_segment(value) + part for value, part in zip(values, parts[1:], strict=True))


def every_item(fetch_page: Callable[[dict[str, Any]], list[Any]], filter: Mapping[str, Any]) -> Iterator[Any]:
    """All items of a list, fetched page by page as needed, each once even if the list grows meanwhile."""
    limit = filter.get("limit", PAGE_SIZE)
    seen: set[str] = set()
    offset = 0
    while True:
        items = fetch_page({**filter, "limit": limit, "offset": offset})
        for item in items:
            if item["id"] not in seen:
                seen.add(item["id"])
                yield item
        if len(items) < limit:
            return
        offset += limit


def every_page(fetch_page: Callable[[dict[str, Any]], Any], member: str, filter: Mapping[str, Any]) -> Iterator[Any]:
    """All items of a list that is paged by cursor."""
    cursor: str | None = None
    while True:
        page = fetch_page({"limit": PAGE_SIZE, **filter, "cursor": cursor})
        yield from page[member]
        cursor = page["nextCursor"]
        if cursor is None:
            return


def _segment(value: str) -> str:
    if value in ("", ".", ".."):
        raise ValueError(f'"{value}" is not a valid ID.')
    return urllib.parse.quote(value, safe="")


def _checked(key: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]{1,255}", key):
        raise ValueError("idempotency_key must be 1 to 255 printable ASCII characters.")
    return key


def _query_of(query: Mapping[str, Any] | None) -> str:
    given = [(name, _text_of(value)) for name, value in (query or {}).items() if value is not None]
    return "" if given == [] else f"?{urllib.parse.urlencode(given)}"


def _text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encoded(body: Any, files: Sequence[tuple[str, bytes]]) -> tuple[bytes | None, str | None]:
    if body is None:
        return None, None
    text = json.dumps(body, ensure_ascii=False).encode()
    if len(files) == 0:
        return text, "application/json"
    boundary = secrets.token_hex(16)
    parts = [_part(boundary, 'name="data"', "application/json", text)]
    for name, data in files:
        parts.append(_part(boundary, f'name="files"; filename="{_quoted(name)}"', "application/octet-stream", data))
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str, content_type: str, data: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {content_type}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def _quoted(name: str) -> str:
    """Escaped as browsers do for names in headers."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
