"""Sending files in chunks, by the tus protocol (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import http.client
import io
import mimetypes
import os
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from ._connection import SLOWEST_BYTES_PER_SECOND, Connection, path_of
from ._errors import AmpostError, failure_of, is_passing

#: What to upload: bytes, the path of a file, or a file opened in binary mode that can be read from any position.
Source = bytes | str | os.PathLike[str] | BinaryIO

UPLOADS = "/api/v1/media/uploads/"
TUS = {"Tus-Resumable": "1.0.0"}
MISSING = "Upload not found: its file was rejected, or it was started more than a day ago."


def upload(
    connection: Connection,
    source: Source,
    *,
    filename: str | None = None,
    mime_type: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_begin: Callable[[str], None] | None = None,
    resume: str | None = None,
    chunk_bytes: int = 8 * 1024 * 1024,
    idempotency_key: str | None = None,
) -> Any:
    """
    Sends a file in chunks, so that a lost connection costs one chunk and not the file. Posts reference it by the
    returned `id`.

    `on_progress` is called with the bytes that the server has stored and the size; `on_begin` with the value for
    `resume`, which continues an upload of the same bytes within 24 hours.
    """
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            name = filename or os.path.basename(os.fspath(source))
            return _upload(
                connection, file, name, mime_type, on_progress, on_begin, resume, chunk_bytes, idempotency_key
            )
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    name = filename or "media"
    return _upload(connection, file, name, mime_type, on_progress, on_begin, resume, chunk_bytes, idempotency_key)


def _upload(
    connection: Connection,
    file: BinaryIO,
    filename: str,
    mime_type: str | None,
    on_progress: Callable[[int, int], None] | None,
    on_begin: Callable[[str], None] | None,
    resume: str | None,
    chunk_bytes: int,
    idempotency_key: str | None,
) -> Any:
    size = file.seek(0, os.SEEK_END)
    if resume is None:
        path = _begin(connection, size, filename, mime_type, idempotency_key)
        offset, media_id = 0, None
        if on_begin is not None:
            on_begin(path.removeprefix(UPLOADS))
    else:
        path = path_of(UPLOADS + "{}", resume)
        offset, media_id = _look_up(connection, path)
    failures = 0
    while True:
        if on_progress is not None:
            on_progress(offset, size)
        if media_id is not None:
            return connection.call("GET", path_of("/api/v1/media/{}", media_id))
        try:
            file.seek(offset)
            before = offset
            offset, media_id = _send_chunk(connection, path, file.read(chunk_bytes), offset)
            if media_id is None and offset <= before:
                message = "The server accepts no more bytes and has not created a media object."
                raise AmpostError("UNEXPECTED_ANSWER", message)
            failures = 0
        except (OSError, http.client.HTTPException, AmpostError) as error:
            failure = failure_of(error)
            # Another client is sending it too, or an earlier request of ours is still being read.
            if failure.status not in (409, 423) and not is_passing(failure):
                raise failure from error
            connection.pause_after(failure, failures, connection.retries)
            before = offset
            offset, media_id = _look_up(connection, path)
            failures = 0 if offset > before else failures + 1


def _begin(
    connection: Connection, size: int, filename: str, mime_type: str | None, idempotency_key: str | None
) -> str:
    kind = mime_type or mimetypes.guess_type(filename)[0]
    metadata = [f"filename {_base64(filename)}"] + ([] if kind is None else [f"filetype {_base64(kind)}"])
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": ",".join(metadata)}
    received = connection.call(
        "POST", "/api/v1/media", headers=headers, writes=True, idempotency_key=idempotency_key, received=True
    )
    # Only its path is used, so that the key is not sent to another host.
    location = urllib.parse.urlsplit(received.get("location") or "").path
    at = location.find(UPLOADS)
    if at == -1:
        raise AmpostError("UNEXPECTED_ANSWER", "The server did not return an upload URL.")
    return location[at:]


def _look_up(connection: Connection, path: str) -> tuple[int, str | None]:
    try:
        return _state_of(connection.call("HEAD", path, headers=TUS, received=True))
    except AmpostError as error:
        # A HEAD response has no body with the reason.
        if error.status in (400, 404):
            raise AmpostError("NOT_FOUND", MISSING, status=error.status, request_id=error.request_id) from error
        raise


def _send_chunk(connection: Connection, path: str, chunk: bytes, offset: int) -> tuple[int, str | None]:
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    timeout = connection.timeout_seconds + len(chunk) / SLOWEST_BYTES_PER_SECOND
    return _state_of(connection.exchange("PATCH", path, chunk, headers, timeout)[1])


def _state_of(headers: Mapping[str, str]) -> tuple[int, str | None]:
    offset = headers.get("upload-offset") or ""
    if not offset.isdecimal():
        raise AmpostError("UNEXPECTED_ANSWER", "The server did not return an offset.")
    return int(offset), headers.get("media-id")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
