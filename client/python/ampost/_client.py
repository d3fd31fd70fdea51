# Printed from the contract by `npm run generate`. Change that, not this.
"""The client: a method for every operation of the API that accepts a key."""

from __future__ import annotations

import random as randomness
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from . import types
from ._connection import AsyncConnection, Connection, every_item, every_page, path_of
from ._events import AsyncPostEvents, PostEvents
from ._uploads import Source, upload


class Posts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        body: types.NewPost,
        *,
        files: Sequence[tuple[str, bytes]] = (),
        idempotency_key: str | None = None,
    ) -> types.PostsCreateAnswer:
        """
        Create a post. Creates a draft, or a scheduled post if you set `scheduledFor`. Send JSON, or multipart/form-data
        with `data` (the same JSON) and `files`. An error lists every problem. Nothing is published until the scheduled
        time or until you call publish.
        """
        return self._connection.call(
            "POST",
            "/api/v1/posts",
            body=body,
            writes=True,
            files=files,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def create_many(self, body: types.PostsCreateManyBody) -> types.PostsCreateManyAnswer:
        """
        Create several posts. Creates up to 50 posts, one after another, each as `POST /api/v1/posts` with its
        `idempotencyKey` would; one that fails does not stop the others. `dryRun` only validates them. The response is
        200 even if posts fail: read each `error`. Correct those and repeat the request: posts that exist are not
        created again. Each post counts as a request.
        """
        return self._connection.call("POST", "/api/v1/posts/batch", body=body)

    def list(self, filter: types.PostFilter | None = None) -> types.PostsListAnswer:
        """
        List posts. Returns posts in short form, newest first, or by time with `scheduledFrom`, `scheduledTo`,
        `timeFrom` or `timeTo`. `total` is the number that match the filters.
        """
        return self._connection.call("GET", "/api/v1/posts", query=filter)

    def iterate(self, filter: types.PostFilter | None = None) -> Iterator[types.PostSummary]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_page(lambda page: self._connection.call("GET", "/api/v1/posts", query=page), "posts", filter or {})
        return items

    def validate(self, body: types.NewPost) -> types.PostsValidateAnswer:
        """
        Validate a post. Accepts the same body as creating a post and returns every issue and warning, without storing
        anything. Always returns 200.
        """
        return self._connection.call("POST", "/api/v1/posts/validate", body=body)

    def get(self, id: str, *, wait_seconds: float | None = None) -> types.PostAnswer:
        """
        Get a post. Returns a post with all its platform posts. The `ETag` changes whenever anything visible in the post
        changes. With `Prefer: wait=N`, it responds once nothing is in progress and a pending approval is given or the
        post discarded, or after N seconds.
        """
        return self._connection.call("GET", path_of("/api/v1/posts/{}", id), wait_seconds=wait_seconds, etag=True)

    def update(
        self,
        id: str,
        body: types.PostChanges,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostsCreateAnswer:
        """
        Update a post. Updates a draft or scheduled post. Send any subset of the fields for creating a post. Fields you
        send inside `content` replace the stored ones entirely, including `media` and `platformOverrides`; the others
        are kept. `scheduledFor: null` turns a scheduled post into a draft. With `If-Match`, the update fails if the
        post has changed since you read its ETag.
        """
        return self._connection.call(
            "PATCH",
            path_of("/api/v1/posts/{}", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def delete(self, id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> types.PostAnswer:
        """
        Discard a post. Discards a draft, scheduled, queued, partial or failed post. What is published stays; nothing
        else will be.
        """
        return self._connection.call(
            "DELETE",
            path_of("/api/v1/posts/{}", id),
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def cancel(self, id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> types.PostAnswer:
        """
        Cancel a post. Discards a draft, scheduled, queued, partial or failed post. What is published stays; nothing
        else will be. Same as DELETE.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/cancel", id),
            body={},
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def cancel_many(self, body: types.PostsToCancel) -> types.PostsCancelManyAnswer:
        """
        Cancel several posts. Discards up to 50 posts; one that cannot be discarded does not stop the others. Anything
        already published stays. One that was discarded before counts as cancelled. Read each `error`. The response is
        200 even if some or all fail. Each post counts as a request.
        """
        return self._connection.call("POST", "/api/v1/posts/batch/cancel", body=body)

    def publish(
        self,
        id: str,
        *,
        if_match: str | None = None,
        wait_seconds: float | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Publish a post. Starts publishing a draft or scheduled post on all its platforms and responds immediately, with
        the post in `queued` or later. With `Prefer: wait=N`, it responds once every platform post is settled, or after
        N seconds.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/publish", id),
            body={},
            writes=True,
            if_match=if_match,
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def retry(
        self,
        id: str,
        body: types.Retry | None = None,
        *,
        if_match: str | None = None,
        wait_seconds: float | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Retry a post. Retries failed platform posts of a partial or failed post: those in `platforms`, or all. One whose
        outcome is `unknown` may be live, so it is retried only if you list it and set `force: true`.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/retry", id),
            body=body or {},
            writes=True,
            if_match=if_match,
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def resolve(
        self,
        id: str,
        body: types.Resolution,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Resolve an unknown outcome. Reports what a person found of an `unknown` platform post: with its link, it becomes
        `published`; if it is not live, `failed`. The status changes right after the response.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/resolve", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def attempts(self, id: str) -> types.PostsAttemptsAnswer:
        """
        List a post's attempts. Returns everything Ampost did to publish the post, oldest first: each step with its
        requests to the platform, their duration and result, without secrets. Use it to see why a post failed or why its
        outcome is unknown. Once a post has been settled for 30 days (or longer, if the instance is configured so), only
        its publishing steps are kept, with `verdict` and `remoteId` but without `requests`.
        """
        return self._connection.call("GET", path_of("/api/v1/posts/{}/attempts", id))

    def events(self, id: str) -> PostEvents:
        """
        Follow a post. Streams server-sent events: a `post` event with `{"post"}` as data, immediately and after every
        change, until the post is published, partial, failed or discarded. A comment line every 15 seconds keeps the
        connection alive.
        """
        return PostEvents(self._connection, path_of("/api/v1/posts/{}/events", id))


class AsyncPosts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(
        self,
        body: types.NewPost,
        *,
        files: Sequence[tuple[str, bytes]] = (),
        idempotency_key: str | None = None,
    ) -> types.PostsCreateAnswer:
        """
        Create a post. Creates a draft, or a scheduled post if you set `scheduledFor`. Send JSON, or multipart/form-data
        with `data` (the same JSON) and `files`. An error lists every problem. Nothing is published until the scheduled
        time or until you call publish.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/posts",
            body=body,
            writes=True,
            files=files,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def create_many(self, body: types.PostsCreateManyBody) -> types.PostsCreateManyAnswer:
        """
        Create several posts. Creates up to 50 posts, one after another, each as `POST /api/v1/posts` with its
        `idempotencyKey` would; one that fails does not stop the others. `dryRun` only validates them. The response is
        200 even if posts fail: read each `error`. Correct those and repeat the request: posts that exist are not
        created again. Each post counts as a request.
        """
        return await self._connection.call("POST", "/api/v1/posts/batch", body=body)

    async def list(self, filter: types.PostFilter | None = None) -> types.PostsListAnswer:
        """
        List posts. Returns posts in short form, newest first, or by time with `scheduledFrom`, `scheduledTo`,
        `timeFrom` or `timeTo`. `total` is the number that match the filters.
        """
        return await self._connection.call("GET", "/api/v1/posts", query=filter)

    def iterate(self, filter: types.PostFilter | None = None) -> AsyncIterator[types.PostSummary]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_page(lambda page: self._connection.blocking.call("GET", "/api/v1/posts", query=page), "posts", filter or {})
        return self._connection.each(items)

    async def validate(self, body: types.NewPost) -> types.PostsValidateAnswer:
        """
        Validate a post. Accepts the same body as creating a post and returns every issue and warning, without storing
        anything. Always returns 200.
        """
        return await self._connection.call("POST", "/api/v1/posts/validate", body=body)

    async def get(self, id: str, *, wait_seconds: float | None = None) -> types.PostAnswer:
        """
        Get a post. Returns a post with all its platform posts. The `ETag` changes whenever anything visible in the post
        changes. With `Prefer: wait=N`, it responds once nothing is in progress and a pending approval is given or the
        post discarded, or after N seconds.
        """
        return await self._connection.call("GET", path_of("/api/v1/posts/{}", id), wait_seconds=wait_seconds, etag=True)

    async def update(
        self,
        id: str,
        body: types.PostChanges,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostsCreateAnswer:
        """
        Update a post. Updates a draft or scheduled post. Send any subset of the fields for creating a post. Fields you
        send inside `content` replace the stored ones entirely, including `media` and `platformOverrides`; the others
        are kept. `scheduledFor: null` turns a scheduled post into a draft. With `If-Match`, the update fails if the
        post has changed since you read its ETag.
        """
        return await self._connection.call(
            "PATCH",
            path_of("/api/v1/posts/{}", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def delete(
        self,
        id: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Discard a post. Discards a draft, scheduled, queued, partial or failed post. What is published stays; nothing
        else will be.
        """
        return await self._connection.call(
            "DELETE",
            path_of("/api/v1/posts/{}", id),
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def cancel(
        self,
        id: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Cancel a post. Discards a draft, scheduled, queued, partial or failed post. What is published stays; nothing
        else will be. Same as DELETE.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/cancel", id),
            body={},
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def cancel_many(self, body: types.PostsToCancel) -> types.PostsCancelManyAnswer:
        """
        Cancel several posts. Discards up to 50 posts; one that cannot be discarded does not stop the others. Anything
        already published stays. One that was discarded before counts as cancelled. Read each `error`. The response is
        200 even if some or all fail. Each post counts as a request.
        """
        return await self._connection.call("POST", "/api/v1/posts/batch/cancel", body=body)

    async def publish(
        self,
        id: str,
        *,
        if_match: str | None = None,
        wait_seconds: float | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Publish a post. Starts publishing a draft or scheduled post on all its platforms and responds immediately, with
        the post in `queued` or later. With `Prefer: wait=N`, it responds once every platform post is settled, or after
        N seconds.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/publish", id),
            body={},
            writes=True,
            if_match=if_match,
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def retry(
        self,
        id: str,
        body: types.Retry | None = None,
        *,
        if_match: str | None = None,
        wait_seconds: float | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Retry a post. Retries failed platform posts of a partial or failed post: those in `platforms`, or all. One whose
        outcome is `unknown` may be live, so it is retried only if you list it and set `force: true`.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/retry", id),
            body=body or {},
            writes=True,
            if_match=if_match,
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def resolve(
        self,
        id: str,
        body: types.Resolution,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PostAnswer:
        """
        Resolve an unknown outcome. Reports what a person found of an `unknown` platform post: with its link, it becomes
        `published`; if it is not live, `failed`. The status changes right after the response.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/posts/{}/resolve", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def attempts(self, id: str) -> types.PostsAttemptsAnswer:
        """
        List a post's attempts. Returns everything Ampost did to publish the post, oldest first: each step with its
        requests to the platform, their duration and result, without secrets. Use it to see why a post failed or why its
        outcome is unknown. Once a post has been settled for 30 days (or longer, if the instance is configured so), only
        its publishing steps are kept, with `verdict` and `remoteId` but without `requests`.
        """
        return await self._connection.call("GET", path_of("/api/v1/posts/{}/attempts", id))

    def events(self, id: str) -> AsyncPostEvents:
        """
        Follow a post. Streams server-sent events: a `post` event with `{"post"}` as data, immediately and after every
        change, until the post is published, partial, failed or discarded. A comment line every 15 seconds keeps the
        connection alive.
        """
        return AsyncPostEvents(self._connection, path_of("/api/v1/posts/{}/events", id))


class Publishing:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, filter: types.PublishingGetFilter | None = None) -> types.PublishingAnswer:
        """See whether publishing is paused. Returns whether posts are published, and what is paused."""
        return self._connection.call("GET", "/api/v1/publishing", query=filter)

    def pause(
        self,
        body: types.PauseTarget | None = None,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PublishingAnswer:
        """
        Pause publishing. Stops publishing immediately. Everything in this mode, unless you name a platform set or an
        account. The owner of the instance can also do it for all users. Requests already on their way to a platform are
        completed. Posts can still be created and scheduled. After a resume, posts whose time has passed are published
        late, or not at all if their `onPause` is "skip".
        """
        return self._connection.call(
            "POST",
            "/api/v1/publishing/pause",
            query=filter,
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    def resume(
        self,
        body: types.PauseTarget | None = None,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PublishingAnswer:
        """
        Resume publishing. Ends a pause that was started for the same target. Everything in this mode, unless you name a
        platform set or an account. The owner of the instance can also do it for all users. Posts whose time has passed
        are published now, unless their `onPause` is "skip" or they are too late. What the operator paused stays paused.
        """
        return self._connection.call(
            "POST",
            "/api/v1/publishing/resume",
            query=filter,
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    def stats(self, filter: types.PublishingStatsFilter | None = None) -> types.PublishingStatsAnswer:
        """
        Get publishing statistics. Returns how many platform posts went live on each of the last days, and how late, by
        platform.
        """
        return self._connection.call("GET", "/api/v1/publishing/stats", query=filter)


class AsyncPublishing:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, filter: types.PublishingGetFilter | None = None) -> types.PublishingAnswer:
        """See whether publishing is paused. Returns whether posts are published, and what is paused."""
        return await self._connection.call("GET", "/api/v1/publishing", query=filter)

    async def pause(
        self,
        body: types.PauseTarget | None = None,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PublishingAnswer:
        """
        Pause publishing. Stops publishing immediately. Everything in this mode, unless you name a platform set or an
        account. The owner of the instance can also do it for all users. Requests already on their way to a platform are
        completed. Posts can still be created and scheduled. After a resume, posts whose time has passed are published
        late, or not at all if their `onPause` is "skip".
        """
        return await self._connection.call(
            "POST",
            "/api/v1/publishing/pause",
            query=filter,
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def resume(
        self,
        body: types.PauseTarget | None = None,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PublishingAnswer:
        """
        Resume publishing. Ends a pause that was started for the same target. Everything in this mode, unless you name a
        platform set or an account. The owner of the instance can also do it for all users. Posts whose time has passed
        are published now, unless their `onPause` is "skip" or they are too late. What the operator paused stays paused.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/publishing/resume",
            query=filter,
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def stats(self, filter: types.PublishingStatsFilter | None = None) -> types.PublishingStatsAnswer:
        """
        Get publishing statistics. Returns how many platform posts went live on each of the last days, and how late, by
        platform.
        """
        return await self._connection.call("GET", "/api/v1/publishing/stats", query=filter)


class PlatformSets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> types.PlatformSetsListAnswer:
        """
        List platform sets. Lists the platform sets with the number of accounts connected to each. Every post belongs to
        one.
        """
        return self._connection.call("GET", "/api/v1/platform-sets")

    def create(
        self,
        body: types.PlatformSetsCreateBody,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetAnswer:
        """
        Create a platform set. Creates a platform set. You can have at most 20, including the default one, unless the
        operator of the instance has set another limit.
        """
        return self._connection.call(
            "POST",
            "/api/v1/platform-sets",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def rename(
        self,
        id: str,
        body: types.PlatformSetsCreateBody,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetAnswer:
        """Rename a platform set. Renames a platform set."""
        return self._connection.call(
            "PATCH",
            path_of("/api/v1/platform-sets/{}", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def get_posting_times(self, id: str) -> types.PostingTimesAnswer:
        """Get posting times. Returns the weekly posting times of a platform set, and the next one that is free."""
        return self._connection.call("GET", path_of("/api/v1/platform-sets/{}/posting-times", id))

    def set_posting_times(
        self,
        id: str,
        body: types.NewPostingTimes,
        *,
        idempotency_key: str | None = None,
    ) -> types.PostingTimesAnswer:
        """
        Set posting times. Replaces the weekly posting times of a platform set. A post that is created or updated with
        `nextPostingTime` is scheduled for the next one that is free. Accounts can have their own instead. Scheduled
        posts keep their times.
        """
        return self._connection.call(
            "PUT",
            path_of("/api/v1/platform-sets/{}/posting-times", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def delete(self, id: str, *, idempotency_key: str | None = None) -> types.PlatformSetsDeleteAnswer:
        """
        Delete a platform set. Deletes a platform set. Its accounts are disconnected and its scheduled posts are
        discarded; drafts are kept. The default platform set cannot be deleted.
        """
        return self._connection.call(
            "DELETE",
            path_of("/api/v1/platform-sets/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )


class AsyncPlatformSets:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> types.PlatformSetsListAnswer:
        """
        List platform sets. Lists the platform sets with the number of accounts connected to each. Every post belongs to
        one.
        """
        return await self._connection.call("GET", "/api/v1/platform-sets")

    async def create(
        self,
        body: types.PlatformSetsCreateBody,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetAnswer:
        """
        Create a platform set. Creates a platform set. You can have at most 20, including the default one, unless the
        operator of the instance has set another limit.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/platform-sets",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def rename(
        self,
        id: str,
        body: types.PlatformSetsCreateBody,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetAnswer:
        """Rename a platform set. Renames a platform set."""
        return await self._connection.call(
            "PATCH",
            path_of("/api/v1/platform-sets/{}", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def get_posting_times(self, id: str) -> types.PostingTimesAnswer:
        """Get posting times. Returns the weekly posting times of a platform set, and the next one that is free."""
        return await self._connection.call("GET", path_of("/api/v1/platform-sets/{}/posting-times", id))

    async def set_posting_times(
        self,
        id: str,
        body: types.NewPostingTimes,
        *,
        idempotency_key: str | None = None,
    ) -> types.PostingTimesAnswer:
        """
        Set posting times. Replaces the weekly posting times of a platform set. A post that is created or updated with
        `nextPostingTime` is scheduled for the next one that is free. Accounts can have their own instead. Scheduled
        posts keep their times.
        """
        return await self._connection.call(
            "PUT",
            path_of("/api/v1/platform-sets/{}/posting-times", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def delete(self, id: str, *, idempotency_key: str | None = None) -> types.PlatformSetsDeleteAnswer:
        """
        Delete a platform set. Deletes a platform set. Its accounts are disconnected and its scheduled posts are
        discarded; drafts are kept. The default platform set cannot be deleted.
        """
        return await self._connection.call(
            "DELETE",
            path_of("/api/v1/platform-sets/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, filter: types.AccountFilter | None = None) -> types.AccountsListAnswer:
        """List accounts. Returns connected accounts, optionally filtered by platform and platform set."""
        return self._connection.call("GET", "/api/v1/accounts", query=filter)

    def get(self, id: str) -> types.AccountWithLimitsAnswer:
        """
        Get an account. Returns an account with its token health and what is left of its platform's limits, even if it
        is no longer connected.
        """
        return self._connection.call("GET", path_of("/api/v1/accounts/{}", id))

    def get_posting_times(self, id: str) -> types.AccountPostingTimesAnswer:
        """
        Get account posting times. Returns the weekly posting times of an account, its own or its platform set's, and
        the next one that is free.
        """
        return self._connection.call("GET", path_of("/api/v1/accounts/{}/posting-times", id))

    def set_posting_times(
        self,
        id: str,
        body: types.NewAccountPostingTimes,
        *,
        idempotency_key: str | None = None,
    ) -> types.AccountPostingTimesAnswer:
        """
        Set account posting times. Gives an account posting times of its own instead of its platform set's. A post with
        `nextPostingTime` takes the next free time that all of its accounts have. Scheduled posts keep their times.
        """
        return self._connection.call(
            "PUT",
            path_of("/api/v1/accounts/{}/posting-times", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def context(self) -> types.AccountContext:
        """
        Get account context. Returns the user, the key and its policies, the plan and its remaining quotas, the user's
        time zone and the current time. Call it before calculating dates and times.
        """
        return self._connection.call("GET", "/api/v1/account-context")


class AsyncAccounts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, filter: types.AccountFilter | None = None) -> types.AccountsListAnswer:
        """List accounts. Returns connected accounts, optionally filtered by platform and platform set."""
        return await self._connection.call("GET", "/api/v1/accounts", query=filter)

    async def get(self, id: str) -> types.AccountWithLimitsAnswer:
        """
        Get an account. Returns an account with its token health and what is left of its platform's limits, even if it
        is no longer connected.
        """
        return await self._connection.call("GET", path_of("/api/v1/accounts/{}", id))

    async def get_posting_times(self, id: str) -> types.AccountPostingTimesAnswer:
        """
        Get account posting times. Returns the weekly posting times of an account, its own or its platform set's, and
        the next one that is free.
        """
        return await self._connection.call("GET", path_of("/api/v1/accounts/{}/posting-times", id))

    async def set_posting_times(
        self,
        id: str,
        body: types.NewAccountPostingTimes,
        *,
        idempotency_key: str | None = None,
    ) -> types.AccountPostingTimesAnswer:
        """
        Set account posting times. Gives an account posting times of its own instead of its platform set's. A post with
        `nextPostingTime` takes the next free time that all of its accounts have. Scheduled posts keep their times.
        """
        return await self._connection.call(
            "PUT",
            path_of("/api/v1/accounts/{}/posting-times", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def context(self) -> types.AccountContext:
        """
        Get account context. Returns the user, the key and its policies, the plan and its remaining quotas, the user's
        time zone and the current time. Call it before calculating dates and times.
        """
        return await self._connection.call("GET", "/api/v1/account-context")


class SandboxFaults:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str) -> types.SandboxFaultsGetAnswer:
        """
        Get an account's sandbox faults. Returns how the next publishing calls of a test account fail in the sandbox.
        """
        return self._connection.call("GET", path_of("/api/v1/accounts/{}/sandbox-faults", id))

    def set(
        self,
        id: str,
        body: types.NewSandboxFaults,
        *,
        idempotency_key: str | None = None,
    ) -> types.SandboxFaultsGetAnswer:
        """
        Set an account's sandbox faults. Makes the next publishing calls of a test account fail in the sandbox, each in
        one way, in this order. It replaces what was set before; an empty list resets it. A fault ends with the call
        that meets it, or after 15 minutes. `reject`, `rate_limit`, `http_500` and `drop_before` do nothing;
        `drop_after`, `error_after`, `timeout`, `cut_body` and `broken_json` publish and lose the response; `slow`
        responds after three seconds; `process_forever` never finishes processing; `expire_token` and `revoke_token` end
        the access.
        """
        return self._connection.call(
            "PUT",
            path_of("/api/v1/accounts/{}/sandbox-faults", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )


class AsyncSandboxFaults:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, id: str) -> types.SandboxFaultsGetAnswer:
        """
        Get an account's sandbox faults. Returns how the next publishing calls of a test account fail in the sandbox.
        """
        return await self._connection.call("GET", path_of("/api/v1/accounts/{}/sandbox-faults", id))

    async def set(
        self,
        id: str,
        body: types.NewSandboxFaults,
        *,
        idempotency_key: str | None = None,
    ) -> types.SandboxFaultsGetAnswer:
        """
        Set an account's sandbox faults. Makes the next publishing calls of a test account fail in the sandbox, each in
        one way, in this order. It replaces what was set before; an empty list resets it. A fault ends with the call
        that meets it, or after 15 minutes. `reject`, `rate_limit`, `http_500` and `drop_before` do nothing;
        `drop_after`, `error_after`, `timeout`, `cut_body` and `broken_json` publish and lose the response; `slow`
        responds after three seconds; `process_forever` never finishes processing; `expire_token` and `revoke_token` end
        the access.
        """
        return await self._connection.call(
            "PUT",
            path_of("/api/v1/accounts/{}/sandbox-faults", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )


class Usage:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, filter: types.PublishingGetFilter | None = None) -> types.UsageAnswer:
        """
        Get usage. Returns the plan, how much of its quotas has been used this month, and what is left of each rate
        limit.
        """
        return self._connection.call("GET", "/api/v1/usage", query=filter)


class AsyncUsage:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, filter: types.PublishingGetFilter | None = None) -> types.UsageAnswer:
        """
        Get usage. Returns the plan, how much of its quotas has been used this month, and what is left of each rate
        limit.
        """
        return await self._connection.call("GET", "/api/v1/usage", query=filter)


class ConnectLinks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, body: types.NewConnectLink, *, idempotency_key: str | None = None) -> types.ConnectLinkAnswer:
        """
        Create a connect link. Creates a link that lets someone without an Ampost login, such as your customer, connect
        an account to one of your platform sets. It works once, until it expires; without `platform` and `returnUrl`,
        once on each platform. The browser returns to `returnUrl` with the result in the query (`status`, `reason`,
        `connectLinkId`, `accountId`, `platform`, `externalId`), and the event `account.connected` carries `externalId`
        and the ID of the link. A response replayed by its Idempotency-Key has no `url`.
        """
        return self._connection.call(
            "POST",
            "/api/v1/connect-links",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def list(self, filter: types.ConnectLinkFilter | None = None) -> types.ConnectLinksListAnswer:
        """List connect links. Returns connect links, newest first."""
        return self._connection.call("GET", "/api/v1/connect-links", query=filter)

    def iterate(self, filter: types.ConnectLinkFilter | None = None) -> Iterator[types.ConnectLink]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_item(lambda page: self._connection.call("GET", "/api/v1/connect-links", query=page)["connectLinks"], filter or {})
        return items

    def get(self, id: str) -> types.ConnectLinkAnswer:
        """Get a connect link. Returns a connect link and its result."""
        return self._connection.call("GET", path_of("/api/v1/connect-links/{}", id))

    def revoke(self, id: str, *, idempotency_key: str | None = None) -> types.ConnectLinkAnswer:
        """
        Revoke a connect link. Revokes a link that can still be used. Accounts that were connected through it stay
        connected.
        """
        return self._connection.call(
            "DELETE",
            path_of("/api/v1/connect-links/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )


class AsyncConnectLinks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(
        self,
        body: types.NewConnectLink,
        *,
        idempotency_key: str | None = None,
    ) -> types.ConnectLinkAnswer:
        """
        Create a connect link. Creates a link that lets someone without an Ampost login, such as your customer, connect
        an account to one of your platform sets. It works once, until it expires; without `platform` and `returnUrl`,
        once on each platform. The browser returns to `returnUrl` with the result in the query (`status`, `reason`,
        `connectLinkId`, `accountId`, `platform`, `externalId`), and the event `account.connected` carries `externalId`
        and the ID of the link. A response replayed by its Idempotency-Key has no `url`.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/connect-links",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def list(self, filter: types.ConnectLinkFilter | None = None) -> types.ConnectLinksListAnswer:
        """List connect links. Returns connect links, newest first."""
        return await self._connection.call("GET", "/api/v1/connect-links", query=filter)

    def iterate(self, filter: types.ConnectLinkFilter | None = None) -> AsyncIterator[types.ConnectLink]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_item(lambda page: self._connection.blocking.call("GET", "/api/v1/connect-links", query=page)["connectLinks"], filter or {})
        return self._connection.each(items)

    async def get(self, id: str) -> types.ConnectLinkAnswer:
        """Get a connect link. Returns a connect link and its result."""
        return await self._connection.call("GET", path_of("/api/v1/connect-links/{}", id))

    async def revoke(self, id: str, *, idempotency_key: str | None = None) -> types.ConnectLinkAnswer:
        """
        Revoke a connect link. Revokes a link that can still be used. Accounts that were connected through it stay
        connected.
        """
        return await self._connection.call(
            "DELETE",
            path_of("/api/v1/connect-links/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )


class Apps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, filter: types.PublishingGetFilter | None = None) -> types.AppsListAnswer:
        """
        List your own apps. Returns the developer apps through which accounts connect to your platform sets in this
        mode, unless a platform set has its own. Without one, the instance's app is used. Secrets are never returned. A
        key needs the policy `oauthApps`.
        """
        return self._connection.call("GET", "/api/v1/oauth-apps", query=filter)

    def save(
        self,
        platform: types.Platform,
        body: types.NewOwnApp,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.OwnAppAnswer:
        """
        Set your own app. Connects future accounts on the platform through this app, in this mode. Accounts that are
        already connected keep the app they were connected with. A key needs the policy `oauthApps`.
        """
        return self._connection.call(
            "PUT",
            path_of("/api/v1/oauth-apps/{}", platform),
            query=filter,
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def delete(
        self,
        platform: types.Platform,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetsDeleteAnswer:
        """
        Remove your own app. Connects future accounts on the platform through the instance's app. Accounts that are
        already connected keep the app they were connected with. A key needs the policy `oauthApps`.
        """
        return self._connection.call(
            "DELETE",
            path_of("/api/v1/oauth-apps/{}", platform),
            query=filter,
            writes=True,
            idempotency_key=idempotency_key,
        )


class AsyncApps:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, filter: types.PublishingGetFilter | None = None) -> types.AppsListAnswer:
        """
        List your own apps. Returns the developer apps through which accounts connect to your platform sets in this
        mode, unless a platform set has its own. Without one, the instance's app is used. Secrets are never returned. A
        key needs the policy `oauthApps`.
        """
        return await self._connection.call("GET", "/api/v1/oauth-apps", query=filter)

    async def save(
        self,
        platform: types.Platform,
        body: types.NewOwnApp,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.OwnAppAnswer:
        """
        Set your own app. Connects future accounts on the platform through this app, in this mode. Accounts that are
        already connected keep the app they were connected with. A key needs the policy `oauthApps`.
        """
        return await self._connection.call(
            "PUT",
            path_of("/api/v1/oauth-apps/{}", platform),
            query=filter,
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def delete(
        self,
        platform: types.Platform,
        filter: types.PublishingGetFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetsDeleteAnswer:
        """
        Remove your own app. Connects future accounts on the platform through the instance's app. Accounts that are
        already connected keep the app they were connected with. A key needs the policy `oauthApps`.
        """
        return await self._connection.call(
            "DELETE",
            path_of("/api/v1/oauth-apps/{}", platform),
            query=filter,
            writes=True,
            idempotency_key=idempotency_key,
        )


class Media:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, body: types.NewMedia, *, idempotency_key: str | None = None) -> types.MediaAnswer:
        """
        Create a media object. Stores a file that posts can refer to by `id`: uploaded as multipart/form-data with one
        file, or fetched from the `url` in a JSON body. For resumable uploads, use any tus 1.0 client (tus-js-client,
        Uppy) with this URL as its endpoint: with the headers `Tus-Resumable: 1.0.0` and `Upload-Length`, the response
        is 201 with a `Location`. Send the bytes there with PATCH, get the number of stored bytes with HEAD, and cancel
        the upload with DELETE. The response to the last bytes has the ID of the media object in the header `Media-Id`.
        Incomplete uploads are deleted after 24 hours.
        """
        return self._connection.call(
            "POST",
            "/api/v1/media",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def upload_url(
        self,
        body: types.MediaUploadUrlBody | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.UploadUrlAnswer:
        """
        Create an upload URL. Creates a URL to which a program without a key can upload one file: `curl -T photo.jpg
        URL`, or PUT with the bytes as the body. The response is 201 with the media object, as `POST /api/v1/media`
        returns it. The URL works for one file and for an hour, and only while the key that created it does. Repeating
        the request with its Idempotency-Key returns a URL for the same file, and the same end.
        """
        return self._connection.call(
            "POST",
            "/api/v1/media/upload-urls",
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    def list(self, filter: types.MediaFilter | None = None) -> types.MediaListAnswer:
        """List media. Returns stored media, newest first. `total` is the number that match the filters."""
        return self._connection.call("GET", "/api/v1/media", query=filter)

    def iterate(self, filter: types.MediaFilter | None = None) -> Iterator[types.Media]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_item(lambda page: self._connection.call("GET", "/api/v1/media", query=page)["media"], filter or {})
        return items

    def get(self, id: str) -> types.MediaAnswer:
        """
        Get a media object. Returns a media object with the properties measured from its file. The `ETag` is for
        `If-Match` of an update.
        """
        return self._connection.call("GET", path_of("/api/v1/media/{}", id), etag=True)

    def update(
        self,
        id: str,
        body: types.MediaChanges,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.MediaAnswer:
        """
        Update a media object. Sets the alternative text of a media object, and how long it is kept. Omitted fields stay
        as they are. With `If-Match`, it is updated only if it still has this `ETag`.
        """
        return self._connection.call(
            "PATCH",
            path_of("/api/v1/media/{}", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def posts(self, id: str, filter: types.MediaPostsFilter | None = None) -> types.MediaPostsAnswer:
        """
        List the posts that use a media object. Returns the posts that use a media object, as media, cover or thumbnail,
        newest first.
        """
        return self._connection.call("GET", path_of("/api/v1/media/{}/posts", id), query=filter)

    def crop(self, id: str, body: types.Crop, *, idempotency_key: str | None = None) -> types.MediaAnswer:
        """
        Crop an image. Creates a media object with part of a stored image; the original stays as it is. The new file is
        a JPEG, PNG or WebP like the original, or a PNG of the first frame of a GIF. It inherits `altText` and
        `keepUntil`.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/media/{}/crop", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def delete(self, id: str, *, idempotency_key: str | None = None) -> types.PlatformSetsDeleteAnswer:
        """Delete a media object. Deletes a media object that no post needs."""
        return self._connection.call(
            "DELETE",
            path_of("/api/v1/media/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    def upload(self, source: Source, **options: Any) -> types.MediaAnswer:
        """
        Sends a file in chunks: whatever fails, uploaded chunks are kept. `source` is bytes, a path or a binary file.

        Options: `filename`, `mime_type`, `on_progress(sent_bytes, total_bytes)`, `on_begin(upload)`, `resume` (what
        `on_begin` got, within 24 hours), `chunk_bytes` and `idempotency_key`.
        """
        return upload(self._connection, source, **options)


class AsyncMedia:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(self, body: types.NewMedia, *, idempotency_key: str | None = None) -> types.MediaAnswer:
        """
        Create a media object. Stores a file that posts can refer to by `id`: uploaded as multipart/form-data with one
        file, or fetched from the `url` in a JSON body. For resumable uploads, use any tus 1.0 client (tus-js-client,
        Uppy) with this URL as its endpoint: with the headers `Tus-Resumable: 1.0.0` and `Upload-Length`, the response
        is 201 with a `Location`. Send the bytes there with PATCH, get the number of stored bytes with HEAD, and cancel
        the upload with DELETE. The response to the last bytes has the ID of the media object in the header `Media-Id`.
        Incomplete uploads are deleted after 24 hours.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/media",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def upload_url(
        self,
        body: types.MediaUploadUrlBody | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.UploadUrlAnswer:
        """
        Create an upload URL. Creates a URL to which a program without a key can upload one file: `curl -T photo.jpg
        URL`, or PUT with the bytes as the body. The response is 201 with the media object, as `POST /api/v1/media`
        returns it. The URL works for one file and for an hour, and only while the key that created it does. Repeating
        the request with its Idempotency-Key returns a URL for the same file, and the same end.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/media/upload-urls",
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def list(self, filter: types.MediaFilter | None = None) -> types.MediaListAnswer:
        """List media. Returns stored media, newest first. `total` is the number that match the filters."""
        return await self._connection.call("GET", "/api/v1/media", query=filter)

    def iterate(self, filter: types.MediaFilter | None = None) -> AsyncIterator[types.Media]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_item(lambda page: self._connection.blocking.call("GET", "/api/v1/media", query=page)["media"], filter or {})
        return self._connection.each(items)

    async def get(self, id: str) -> types.MediaAnswer:
        """
        Get a media object. Returns a media object with the properties measured from its file. The `ETag` is for
        `If-Match` of an update.
        """
        return await self._connection.call("GET", path_of("/api/v1/media/{}", id), etag=True)

    async def update(
        self,
        id: str,
        body: types.MediaChanges,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.MediaAnswer:
        """
        Update a media object. Sets the alternative text of a media object, and how long it is kept. Omitted fields stay
        as they are. With `If-Match`, it is updated only if it still has this `ETag`.
        """
        return await self._connection.call(
            "PATCH",
            path_of("/api/v1/media/{}", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def posts(self, id: str, filter: types.MediaPostsFilter | None = None) -> types.MediaPostsAnswer:
        """
        List the posts that use a media object. Returns the posts that use a media object, as media, cover or thumbnail,
        newest first.
        """
        return await self._connection.call("GET", path_of("/api/v1/media/{}/posts", id), query=filter)

    async def crop(self, id: str, body: types.Crop, *, idempotency_key: str | None = None) -> types.MediaAnswer:
        """
        Crop an image. Creates a media object with part of a stored image; the original stays as it is. The new file is
        a JPEG, PNG or WebP like the original, or a PNG of the first frame of a GIF. It inherits `altText` and
        `keepUntil`.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/media/{}/crop", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def delete(self, id: str, *, idempotency_key: str | None = None) -> types.PlatformSetsDeleteAnswer:
        """Delete a media object. Deletes a media object that no post needs."""
        return await self._connection.call(
            "DELETE",
            path_of("/api/v1/media/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def upload(self, source: Source, **options: Any) -> types.MediaAnswer:
        """
        Sends a file in chunks: whatever fails, uploaded chunks are kept. `source` is bytes, a path or a binary file.

        Options: `filename`, `mime_type`, `on_progress(sent_bytes, total_bytes)`, `on_begin(upload)`, `resume` (what
        `on_begin` got, within 24 hours), `chunk_bytes` and `idempotency_key`.
        """
        return await self._connection.run(upload, self._connection.blocking, source, **options)


class Platforms:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, filter: types.PlatformsListFilter | None = None) -> types.PlatformsListAnswer:
        """
        List platforms. Returns what each platform supports, as data and in sentences. Validation uses the same rules.
        """
        return self._connection.call("GET", "/api/v1/platforms", query=filter)

    def get(self, platform: types.Platform) -> types.PlatformDescriptionAnswer:
        """Get a platform. Returns what a platform supports."""
        return self._connection.call("GET", path_of("/api/v1/platforms/{}", platform))


class AsyncPlatforms:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, filter: types.PlatformsListFilter | None = None) -> types.PlatformsListAnswer:
        """
        List platforms. Returns what each platform supports, as data and in sentences. Validation uses the same rules.
        """
        return await self._connection.call("GET", "/api/v1/platforms", query=filter)

    async def get(self, platform: types.Platform) -> types.PlatformDescriptionAnswer:
        """Get a platform. Returns what a platform supports."""
        return await self._connection.call("GET", path_of("/api/v1/platforms/{}", platform))


class Webhooks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, body: types.NewWebhook, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """
        Create a webhook. Sends events in this mode to the URL, signed according to Standard Webhooks. A delivery that
        does not get a 2xx response is retried for three days; a 410 response disables the webhook. The signing secret
        is returned only in this response.
        """
        return self._connection.call(
            "POST",
            "/api/v1/webhooks",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def list(self) -> types.WebhooksListAnswer:
        """List webhooks. Lists the webhooks in this mode, oldest first."""
        return self._connection.call("GET", "/api/v1/webhooks")

    def get(self, id: str) -> types.WebhookAnswer:
        """Get a webhook. Returns a webhook, without its secret."""
        return self._connection.call("GET", path_of("/api/v1/webhooks/{}", id))

    def update(self, id: str, body: types.WebhookChanges, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """
        Update a webhook. Updates the fields you send. `status: "active"` enables a disabled webhook; events that
        happened while it was disabled are not sent.
        """
        return self._connection.call(
            "PATCH",
            path_of("/api/v1/webhooks/{}", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def delete(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """Delete a webhook. Deletes a webhook and its delivery log. No more events are sent to it."""
        return self._connection.call(
            "DELETE",
            path_of("/api/v1/webhooks/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    def rotate_secret(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """
        Rotate a webhook's secret. Creates a new signing secret and returns it. For the next 24 hours, every delivery is
        also signed with the old secret, so that you can switch without losing any.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/webhooks/{}/rotate-secret", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    def test(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookDeliveryAnswer:
        """
        Send a test event. Sends an event of type `webhook.test`, regardless of the webhook's events. The delivery shows
        the result.
        """
        return self._connection.call(
            "POST",
            path_of("/api/v1/webhooks/{}/test", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    def deliveries(self, id: str, filter: types.DeliveryFilter | None = None) -> types.WebhooksDeliveriesAnswer:
        """List deliveries. Returns deliveries to a webhook in the last 30 days, newest first, with every attempt."""
        return self._connection.call("GET", path_of("/api/v1/webhooks/{}/deliveries", id), query=filter)

    def iterate_deliveries(
        self,
        id: str,
        filter: types.DeliveryFilter | None = None,
    ) -> Iterator[types.WebhookDelivery]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_item(lambda page: self._connection.call("GET", path_of("/api/v1/webhooks/{}/deliveries", id), query=page)["deliveries"], filter or {})
        return items

    def redeliver(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookDeliveryAnswer:
        """Resend a delivery. Resends the same bytes with the same `webhook-id`, regardless of the earlier result."""
        return self._connection.call(
            "POST",
            path_of("/api/v1/webhook-deliveries/{}/redeliver", id),
            writes=True,
            idempotency_key=idempotency_key,
        )


class AsyncWebhooks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(self, body: types.NewWebhook, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """
        Create a webhook. Sends events in this mode to the URL, signed according to Standard Webhooks. A delivery that
        does not get a 2xx response is retried for three days; a 410 response disables the webhook. The signing secret
        is returned only in this response.
        """
        return await self._connection.call(
            "POST",
            "/api/v1/webhooks",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def list(self) -> types.WebhooksListAnswer:
        """List webhooks. Lists the webhooks in this mode, oldest first."""
        return await self._connection.call("GET", "/api/v1/webhooks")

    async def get(self, id: str) -> types.WebhookAnswer:
        """Get a webhook. Returns a webhook, without its secret."""
        return await self._connection.call("GET", path_of("/api/v1/webhooks/{}", id))

    async def update(
        self,
        id: str,
        body: types.WebhookChanges,
        *,
        idempotency_key: str | None = None,
    ) -> types.WebhookAnswer:
        """
        Update a webhook. Updates the fields you send. `status: "active"` enables a disabled webhook; events that
        happened while it was disabled are not sent.
        """
        return await self._connection.call(
            "PATCH",
            path_of("/api/v1/webhooks/{}", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def delete(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """Delete a webhook. Deletes a webhook and its delivery log. No more events are sent to it."""
        return await self._connection.call(
            "DELETE",
            path_of("/api/v1/webhooks/{}", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def rotate_secret(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookAnswer:
        """
        Rotate a webhook's secret. Creates a new signing secret and returns it. For the next 24 hours, every delivery is
        also signed with the old secret, so that you can switch without losing any.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/webhooks/{}/rotate-secret", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def test(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookDeliveryAnswer:
        """
        Send a test event. Sends an event of type `webhook.test`, regardless of the webhook's events. The delivery shows
        the result.
        """
        return await self._connection.call(
            "POST",
            path_of("/api/v1/webhooks/{}/test", id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def deliveries(self, id: str, filter: types.DeliveryFilter | None = None) -> types.WebhooksDeliveriesAnswer:
        """List deliveries. Returns deliveries to a webhook in the last 30 days, newest first, with every attempt."""
        return await self._connection.call("GET", path_of("/api/v1/webhooks/{}/deliveries", id), query=filter)

    def iterate_deliveries(
        self,
        id: str,
        filter: types.DeliveryFilter | None = None,
    ) -> AsyncIterator[types.WebhookDelivery]:
        """All matches, newest first, fetched page by page as needed."""
        items = every_item(lambda page: self._connection.blocking.call("GET", path_of("/api/v1/webhooks/{}/deliveries", id), query=page)["deliveries"], filter or {})
        return self._connection.each(items)

    async def redeliver(self, id: str, *, idempotency_key: str | None = None) -> types.WebhookDeliveryAnswer:
        """Resend a delivery. Resends the same bytes with the same `webhook-id`, regardless of the earlier result."""
        return await self._connection.call(
            "POST",
            path_of("/api/v1/webhook-deliveries/{}/redeliver", id),
            writes=True,
            idempotency_key=idempotency_key,
        )


class Requests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, filter: types.RequestFilter | None = None) -> types.RequestsListAnswer:
        """
        List requests. Returns the request log of this mode, newest first: every request of keys and MCP clients, and
        what people changed in the dashboard. A request appears about a second after its response. The newest 50,000 are
        kept, for 30 days unless the operator changes it.
        """
        return self._connection.call("GET", "/api/v1/requests", query=filter)

    def get(self, id: str) -> types.ApiRequestDetailsAnswer:
        """
        Get a request. Returns a request by its ID, with what was sent, without secrets, and why it failed. Responses
        are recorded only if they are errors.
        """
        return self._connection.call("GET", path_of("/api/v1/requests/{}", id))


class AsyncRequests:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, filter: types.RequestFilter | None = None) -> types.RequestsListAnswer:
        """
        List requests. Returns the request log of this mode, newest first: every request of keys and MCP clients, and
        what people changed in the dashboard. A request appears about a second after its response. The newest 50,000 are
        kept, for 30 days unless the operator changes it.
        """
        return await self._connection.call("GET", "/api/v1/requests", query=filter)

    async def get(self, id: str) -> types.ApiRequestDetailsAnswer:
        """
        Get a request. Returns a request by its ID, with what was sent, without secrets, and why it failed. Responses
        are recorded only if they are errors.
        """
        return await self._connection.call("GET", path_of("/api/v1/requests/{}", id))


class Tenants:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, filter: types.TenantFilter | None = None) -> types.TenantsListAnswer:
        """List tenants. Lists the instance's users, newest first, including those who signed up themselves."""
        return self._connection.call("GET", "/admin/v1/tenants", query=filter)

    def create(self, body: types.NewTenant, *, idempotency_key: str | None = None) -> types.TenantAnswer:
        """
        Create a tenant. Creates a user with a default platform set in each mode. It needs neither a password nor an
        email address: create keys for it.
        """
        return self._connection.call(
            "POST",
            "/admin/v1/tenants",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def get(self, id: str) -> types.TenantAnswer:
        """Get a tenant. Returns a tenant."""
        return self._connection.call("GET", path_of("/admin/v1/tenants/{}", id), etag=True)

    def update(
        self,
        id: str,
        body: types.TenantChanges,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.TenantAnswer:
        """
        Update a tenant. Changes the given fields and keeps the rest; `limits` is replaced as a whole. Suspending takes
        effect immediately: keys, sessions and tokens are rejected, and publishing is paused. Requests already on their
        way to a platform are completed. When the tenant is active again, posts whose time has passed are published
        late, or not at all if their `onPause` is "skip". The owner of the instance cannot be suspended.
        """
        return self._connection.call(
            "PATCH",
            path_of("/admin/v1/tenants/{}", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    def list_keys(self, id: str) -> types.TenantsListKeysAnswer:
        """
        List a tenant's API keys. Lists all keys in both modes, newest first, including revoked and expired ones. Raw
        keys are not included.
        """
        return self._connection.call("GET", path_of("/admin/v1/tenants/{}/keys", id))

    def create_key(
        self,
        id: str,
        body: types.NewApiKey,
        *,
        idempotency_key: str | None = None,
    ) -> types.CreatedApiKeyAnswer:
        """
        Create an API key for a tenant. Creates a key that acts for the tenant. The raw key is returned only in this
        response: if the response is replayed by its Idempotency-Key, `apiKey` is `null`.
        """
        return self._connection.call(
            "POST",
            path_of("/admin/v1/tenants/{}/keys", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def roll_key(
        self,
        id: str,
        key_id: str,
        body: types.TenantsRollKeyBody | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.CreatedApiKeyAnswer:
        """
        Roll a tenant's API key. Creates a key with the same name, mode, policies and expiry, and ends the old one,
        which can work a little longer so that nothing is rejected meanwhile. The raw key is returned only in this
        response, as when creating one.
        """
        return self._connection.call(
            "POST",
            path_of("/admin/v1/tenants/{}/keys/{}/roll", id, key_id),
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    def revoke_key(self, id: str, key_id: str, *, idempotency_key: str | None = None) -> types.ApiKeyAnswer:
        """Revoke a tenant's API key. Revokes a key, effective within a second. It stays in the list."""
        return self._connection.call(
            "DELETE",
            path_of("/admin/v1/tenants/{}/keys/{}", id, key_id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    def usage(self, id: str) -> types.UsageAnswer:
        """
        Get a tenant's usage. Returns the tenant's plan, how much of its quotas has been used this month, and what is
        left of its rate limits.
        """
        return self._connection.call("GET", path_of("/admin/v1/tenants/{}/usage", id))

    def list_apps(self, id: str, filter: types.TenantsListAppsFilter | None = None) -> types.AppsListAnswer:
        """
        List a tenant's own apps. Returns the developer apps through which accounts connect to the tenant's platform
        sets, unless a platform set has its own. Without one, the instance's app is used. Secrets are never returned.
        """
        return self._connection.call("GET", path_of("/admin/v1/tenants/{}/oauth-apps", id), query=filter)

    def save_app(
        self,
        id: str,
        platform: types.Platform,
        body: types.TenantsSaveAppBody,
        *,
        idempotency_key: str | None = None,
    ) -> types.OwnAppAnswer:
        """
        Set a tenant's own app. Connects the tenant's future accounts on the platform through this app. Accounts that
        are already connected keep the app they were connected with.
        """
        return self._connection.call(
            "PUT",
            path_of("/admin/v1/tenants/{}/oauth-apps/{}", id, platform),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def delete_app(
        self,
        id: str,
        platform: types.Platform,
        filter: types.TenantsListAppsFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetsDeleteAnswer:
        """
        Remove a tenant's own app. Connects the tenant's future accounts on the platform through the instance's app.
        Accounts that are already connected keep the app they were connected with.
        """
        return self._connection.call(
            "DELETE",
            path_of("/admin/v1/tenants/{}/oauth-apps/{}", id, platform),
            query=filter,
            writes=True,
            idempotency_key=idempotency_key,
        )

    def delete(
        self,
        id: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetsDeleteAnswer:
        """
        Delete a tenant. Deletes the user with everything of it in both modes: posts, media, accounts, keys. Posts that
        are already published stay on the platforms. This cannot be undone. The owner of the instance cannot be deleted.
        """
        return self._connection.call(
            "DELETE",
            path_of("/admin/v1/tenants/{}", id),
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )


class AsyncTenants:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, filter: types.TenantFilter | None = None) -> types.TenantsListAnswer:
        """List tenants. Lists the instance's users, newest first, including those who signed up themselves."""
        return await self._connection.call("GET", "/admin/v1/tenants", query=filter)

    async def create(self, body: types.NewTenant, *, idempotency_key: str | None = None) -> types.TenantAnswer:
        """
        Create a tenant. Creates a user with a default platform set in each mode. It needs neither a password nor an
        email address: create keys for it.
        """
        return await self._connection.call(
            "POST",
            "/admin/v1/tenants",
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def get(self, id: str) -> types.TenantAnswer:
        """Get a tenant. Returns a tenant."""
        return await self._connection.call("GET", path_of("/admin/v1/tenants/{}", id), etag=True)

    async def update(
        self,
        id: str,
        body: types.TenantChanges,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.TenantAnswer:
        """
        Update a tenant. Changes the given fields and keeps the rest; `limits` is replaced as a whole. Suspending takes
        effect immediately: keys, sessions and tokens are rejected, and publishing is paused. Requests already on their
        way to a platform are completed. When the tenant is active again, posts whose time has passed are published
        late, or not at all if their `onPause` is "skip". The owner of the instance cannot be suspended.
        """
        return await self._connection.call(
            "PATCH",
            path_of("/admin/v1/tenants/{}", id),
            body=body,
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
            etag=True,
        )

    async def list_keys(self, id: str) -> types.TenantsListKeysAnswer:
        """
        List a tenant's API keys. Lists all keys in both modes, newest first, including revoked and expired ones. Raw
        keys are not included.
        """
        return await self._connection.call("GET", path_of("/admin/v1/tenants/{}/keys", id))

    async def create_key(
        self,
        id: str,
        body: types.NewApiKey,
        *,
        idempotency_key: str | None = None,
    ) -> types.CreatedApiKeyAnswer:
        """
        Create an API key for a tenant. Creates a key that acts for the tenant. The raw key is returned only in this
        response: if the response is replayed by its Idempotency-Key, `apiKey` is `null`.
        """
        return await self._connection.call(
            "POST",
            path_of("/admin/v1/tenants/{}/keys", id),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def roll_key(
        self,
        id: str,
        key_id: str,
        body: types.TenantsRollKeyBody | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.CreatedApiKeyAnswer:
        """
        Roll a tenant's API key. Creates a key with the same name, mode, policies and expiry, and ends the old one,
        which can work a little longer so that nothing is rejected meanwhile. The raw key is returned only in this
        response, as when creating one.
        """
        return await self._connection.call(
            "POST",
            path_of("/admin/v1/tenants/{}/keys/{}/roll", id, key_id),
            body=body or {},
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def revoke_key(self, id: str, key_id: str, *, idempotency_key: str | None = None) -> types.ApiKeyAnswer:
        """Revoke a tenant's API key. Revokes a key, effective within a second. It stays in the list."""
        return await self._connection.call(
            "DELETE",
            path_of("/admin/v1/tenants/{}/keys/{}", id, key_id),
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def usage(self, id: str) -> types.UsageAnswer:
        """
        Get a tenant's usage. Returns the tenant's plan, how much of its quotas has been used this month, and what is
        left of its rate limits.
        """
        return await self._connection.call("GET", path_of("/admin/v1/tenants/{}/usage", id))

    async def list_apps(self, id: str, filter: types.TenantsListAppsFilter | None = None) -> types.AppsListAnswer:
        """
        List a tenant's own apps. Returns the developer apps through which accounts connect to the tenant's platform
        sets, unless a platform set has its own. Without one, the instance's app is used. Secrets are never returned.
        """
        return await self._connection.call("GET", path_of("/admin/v1/tenants/{}/oauth-apps", id), query=filter)

    async def save_app(
        self,
        id: str,
        platform: types.Platform,
        body: types.TenantsSaveAppBody,
        *,
        idempotency_key: str | None = None,
    ) -> types.OwnAppAnswer:
        """
        Set a tenant's own app. Connects the tenant's future accounts on the platform through this app. Accounts that
        are already connected keep the app they were connected with.
        """
        return await self._connection.call(
            "PUT",
            path_of("/admin/v1/tenants/{}/oauth-apps/{}", id, platform),
            body=body,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def delete_app(
        self,
        id: str,
        platform: types.Platform,
        filter: types.TenantsListAppsFilter | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetsDeleteAnswer:
        """
        Remove a tenant's own app. Connects the tenant's future accounts on the platform through the instance's app.
        Accounts that are already connected keep the app they were connected with.
        """
        return await self._connection.call(
            "DELETE",
            path_of("/admin/v1/tenants/{}/oauth-apps/{}", id, platform),
            query=filter,
            writes=True,
            idempotency_key=idempotency_key,
        )

    async def delete(
        self,
        id: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> types.PlatformSetsDeleteAnswer:
        """
        Delete a tenant. Deletes the user with everything of it in both modes: posts, media, accounts, keys. Posts that
        are already published stay on the platforms. This cannot be undone. The owner of the instance cannot be deleted.
        """
        return await self._connection.call(
            "DELETE",
            path_of("/admin/v1/tenants/{}", id),
            writes=True,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )


class Client:
    """
    A client for the API.

    Answers are those of the API. Every write sends an Idempotency-Key, so calls are retried after temporary failures
    without running twice. Errors and permanent failures raise an AmpostError.

    `retries`: how often a repeatable request is retried. `timeout_seconds`: how long to wait for the server.
    `random` (from 0 up to 1) and `pause` decide how long to wait between attempts.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = "https://api.ampost.io",
        *,
        retries: int = 3,
        timeout_seconds: float = 60,
        random: Callable[[], float] = randomness.random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        connection = Connection(
            api_key, base_url, retries=retries, timeout_seconds=timeout_seconds, random=random, pause=pause
        )
        self.posts = Posts(connection)
        self.publishing = Publishing(connection)
        self.platform_sets = PlatformSets(connection)
        self.accounts = Accounts(connection)
        self.sandbox_faults = SandboxFaults(connection)
        self.usage = Usage(connection)
        self.connect_links = ConnectLinks(connection)
        self.apps = Apps(connection)
        self.media = Media(connection)
        self.platforms = Platforms(connection)
        self.webhooks = Webhooks(connection)
        self.requests = Requests(connection)
        self.tenants = Tenants(connection)


class AsyncClient:
    """
    A client for the API, for asyncio. Close it when it is no longer used, or use it in an `async with` statement.

    Answers are those of the API. Every write sends an Idempotency-Key, so calls are retried after temporary failures
    without running twice. Errors and permanent failures raise an AmpostError.

    `retries`: how often a repeatable request is retried. `timeout_seconds`: how long to wait for the server.
    `random` (from 0 up to 1) and `pause` decide how long to wait between attempts.
    `max_requests`: how many requests and open event streams there can be at the same time; more of them wait.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = "https://api.ampost.io",
        *,
        retries: int = 3,
        timeout_seconds: float = 60,
        max_requests: int = 32,
        random: Callable[[], float] = randomness.random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        connection = Connection(
            api_key, base_url, retries=retries, timeout_seconds=timeout_seconds, random=random, pause=pause
        )
        self._connection = AsyncConnection(connection, max_requests)
        self.posts = AsyncPosts(self._connection)
        self.publishing = AsyncPublishing(self._connection)
        self.platform_sets = AsyncPlatformSets(self._connection)
        self.accounts = AsyncAccounts(self._connection)
        self.sandbox_faults = AsyncSandboxFaults(self._connection)
        self.usage = AsyncUsage(self._connection)
        self.connect_links = AsyncConnectLinks(self._connection)
        self.apps = AsyncApps(self._connection)
        self.media = AsyncMedia(self._connection)
        self.platforms = AsyncPlatforms(self._connection)
        self.webhooks = AsyncWebhooks(self._connection)
        self.requests = AsyncRequests(self._connection)
        self.tenants = AsyncTenants(self._connection)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends its threads. Requests in progress are completed first, in the background."""
        self._connection.close()
