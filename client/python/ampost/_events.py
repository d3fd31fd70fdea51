"""Following a post over server-sent events."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ._connection import AsyncConnection, Connection
from ._errors import AmpostError, failure_of, is_passing, refusal_of

SETTLED = ("published", "partial", "failed", "discarded")

#: Once connected, a call must survive a restart of the server: it is retried this many times as often as other calls.
PATIENCE = 5
#: The server sends something every 15 seconds; after this long without data, the connection is lost.
LONGEST_SILENCE_SECONDS = 60


class PostEvents:
    """
    The post now and after every change, until it is settled, each with its `etag`. Reconnects automatically. Close it,
    or use it in a `with` statement, to stop earlier.
    """

    def __init__(self, connection: Connection, path: str) -> None:
        self._connection, self._path = connection, path
        self._open: socket.socket | None = None
        self._is_closed = False
        self._events = self._follow()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._events)

    def __enter__(self) -> PostEvents:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection, even while another thread is reading from it."""
        self._is_closed = True
        opened = self._open
        if opened is not None:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It has ended by itself.

    def _follow(self) -> Iterator[Any]:
        last_id: str | None = None
        failures = 0
        while not self._is_closed:
            failure = AmpostError("CONNECTION_FAILED", "The server ended the stream before the post was settled.")
            try:
                for id, data in self._read():
                    failures = 0
                    if id is not None and id == last_id:
                        continue
                    last_id = id
                    post = json.loads(data)["post"]
                    yield {"post": post, "etag": id}
                    if post["status"] in SETTLED:
                        return
            except (OSError, http.client.HTTPException, ValueError, AmpostError) as error:
                failure = failure_of(error)
                if not is_passing(failure):
                    raise failure from error
            if self._is_closed:
                return
            retries = self._connection.retries * (1 if last_id is None else PATIENCE)
            self._connection.pause_after(failure, failures, retries)
            failures += 1

    def _read(self) -> Iterator[tuple[str | None, str]]:
        """
        The events of one connection
        (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
        """
        accept = {"Accept": "text/event-stream"}
        connection, response, self._open = self._connection.send(
            "GET", self._path, None, accept, LONGEST_SILENCE_SECONDS
        )
        try:
            if response.status != 200:
                raise refusal_of(response.status, response.headers, response.read())
            id: str | None = None
            data: list[str] = []
            for line in response:
                field, _, value = line.decode().rstrip("\r\n").partition(":")
                value = value.removeprefix(" ")
                if field == "id":
                    id = value
                elif field == "data":
                    data.append(value)
                elif line.strip() == b"" and data:
                    yield id, "\n".join(data)
                    id, data = None, []
        finally:
            self._open = None
            connection.close()


class AsyncPostEvents:
    """
    The post now and after every change, until it is settled, each with its `etag`. Reconnects automatically. Close it,
    or use it in an `async with` statement, to stop earlier.
    """

    def __init__(self, connection: AsyncConnection, path: str) -> None:
        self._connection = connection
        self._events = PostEvents(connection.blocking, path)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            event = await self._connection.run(next, self._events, None)
        except BaseException:
            self._events.close()
            raise
        if event is None:
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> AsyncPostEvents:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._events.close()

    async def aclose(self) -> None:
        self._events.close()
