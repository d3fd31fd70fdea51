"""The journeys of the TypeScript client's tests, with both clients. `client/python.test.ts` starts the server for it."""

import asyncio
import inspect
import json
import os
import threading
import time
import typing
import unittest
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ampost
from ampost import AmpostError, AsyncClient, Client, types, verify_webhook

SET = os.environ["AMPOST_TEST_SET"]
KEY = os.environ["AMPOST_TEST_KEY"]
URL = os.environ["AMPOST_TEST_URL"]
#: The same server, over connections that break when told to.
BROKEN = os.environ["AMPOST_TEST_BROKEN"]
CONTROL = os.environ["AMPOST_TEST_CONTROL"]
FIXTURES = os.environ["AMPOST_TEST_FIXTURES"]
UNKNOWN_ID = "01980b7a-6c00-7000-8000-000000000001"


class Waiting:
    """An AsyncClient that can be called like a Client, so that both go through the same journeys."""

    def __init__(self, loop, inner):
        self._loop, self._inner = loop, inner

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        return self._called(found) if callable(found) else Waiting(self._loop, found)

    def _called(self, method):
        def call(*args, **options):
            result = method(*args, **options)
            if inspect.isawaitable(result):
                return self._loop.run_until_complete(result)
            return self._each(result) if hasattr(result, "__anext__") else result

        return call

    def _each(self, items):
        while True:
            try:
                yield self._loop.run_until_complete(items.__anext__())
            except StopAsyncIteration:
                return


def break_connections(method, times, act, events=False):
    """The next connections whose request has this method end before or after the server reads them."""
    asked = json.dumps({"method": method, "times": times, "act": act, "events": events}).encode()
    urllib.request.urlopen(CONTROL, asked).read()


def broken():
    """How many connections have been broken."""
    return int(urllib.request.urlopen(CONTROL).read())


def read(name):
    with open(f"{FIXTURES}/{name}", "rb") as file:
        return file.read()


def draft(text, platforms=("threads",)):
    return {"platformSetId": SET, "platforms": list(platforms), "content": {"text": text}}


class Answering:
    """A server that answers every request with the same."""

    def __init__(self, status, headers, body):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Journeys:
    """What both clients do."""

    def client(self, url=URL, key=KEY, **options):
        raise NotImplementedError

    def setUp(self):
        #: The delays between attempts, which are not waited for here.
        self.pauses = []

    def settings(self, options):
        return {"random": lambda: 0, "pause": self.pauses.append, **options}

    def refused(self, code, work):
        with self.assertRaises(AmpostError) as raised:
            work()
        self.assertEqual(raised.exception.code, code)
        return raised.exception

    def count(self, text):
        return self.client().posts.list({"search": text})["total"]

    def test_every_operation_has_a_method_and_no_method_calls_anything_else(self):
        client, operator, called = self.client(), self.client(key=os.environ["AMPOST_TEST_OPERATOR_KEY"]), set()
        app = {"clientId": "1", "clientSecret": "2"}
        sent = ampost._connection.Connection.send

        def note(connection, method, target, *args):
            path = target.split("?")[0].replace("/threads", "/:platform")
            path = path.replace(f"/keys/{UNKNOWN_ID}", "/keys/:keyId")
            parts = [":id" if len(part) == 36 and part.count("-") == 4 else part for part in path.split("/")]
            called.add(f"{method} {'/'.join(parts)}")
            return sent(connection, method, target, *args)

        ampost._connection.Connection.send = note
        self.addCleanup(setattr, ampost._connection.Connection, "send", sent)
        post = client.posts.create(draft(f"Every method {type(self).__name__}"))["post"]
        next(iter(client.posts.events(post["id"])))
        link = {"platformSetId": SET, "returnUrl": "https://app.example.com"}
        calls = [
            lambda: client.posts.list(),
            lambda: client.posts.validate(draft("")),
            lambda: client.posts.create_many({"posts": [{**draft(""), "idempotencyKey": "many"}], "dryRun": True}),
            lambda: client.posts.cancel_many({"ids": [UNKNOWN_ID]}),
            lambda: client.posts.get(post["id"]),
            lambda: client.posts.update(post["id"], {}),
            lambda: client.posts.publish(UNKNOWN_ID),
            lambda: client.posts.retry(UNKNOWN_ID),
            lambda: client.posts.resolve(UNKNOWN_ID, {"platform": "threads", "isLive": False}),
            lambda: client.posts.cancel(UNKNOWN_ID),
            lambda: client.posts.delete(UNKNOWN_ID),
            lambda: client.posts.attempts(post["id"]),
            lambda: client.platform_sets.list(),
            lambda: client.platform_sets.create({"name": f"Another {type(self).__name__}"}),
            lambda: client.platform_sets.rename(UNKNOWN_ID, {"name": "Other"}),
            lambda: client.platform_sets.get_posting_times(UNKNOWN_ID),
            lambda: client.platform_sets.set_posting_times(UNKNOWN_ID, {"timeZone": "UTC", "times": {}}),
            lambda: client.platform_sets.delete(UNKNOWN_ID),
            lambda: client.accounts.list(),
            lambda: client.accounts.get(UNKNOWN_ID),
            lambda: client.accounts.get_posting_times(UNKNOWN_ID),
            lambda: client.accounts.set_posting_times(UNKNOWN_ID, {"postingTimes": None}),
            lambda: client.accounts.context(),
            lambda: client.usage.get(),
            lambda: client.requests.list(),
            lambda: client.requests.get(UNKNOWN_ID),
            lambda: client.sandbox_faults.get(UNKNOWN_ID),
            lambda: client.sandbox_faults.set(UNKNOWN_ID, {"faults": []}),
            lambda: client.media.create({"url": "https://cdn.example.com/photo.jpg"}),
            lambda: client.media.upload_url(),
            lambda: client.media.list(),
            lambda: client.media.get(UNKNOWN_ID),
            lambda: client.media.update(UNKNOWN_ID, {"altText": "A photo"}),
            lambda: client.media.posts(UNKNOWN_ID),
            lambda: client.media.crop(UNKNOWN_ID, {"x": 0, "y": 0, "width": 10, "height": 10}),
            lambda: client.media.delete(UNKNOWN_ID),
            lambda: client.platforms.list(),
            lambda: client.platforms.get("threads"),
            lambda: client.connect_links.create(link),
            lambda: client.connect_links.list(),
            lambda: client.connect_links.get(UNKNOWN_ID),
            lambda: client.connect_links.revoke(UNKNOWN_ID),
            lambda: client.webhooks.create({"url": "https://app.example.com"}),
            lambda: client.webhooks.list(),
            lambda: client.webhooks.get(UNKNOWN_ID),
            lambda: client.webhooks.update(UNKNOWN_ID, {}),
            lambda: client.webhooks.delete(UNKNOWN_ID),
            lambda: client.webhooks.rotate_secret(UNKNOWN_ID),
            lambda: client.webhooks.test(UNKNOWN_ID),
            lambda: client.webhooks.deliveries(UNKNOWN_ID),
            lambda: client.webhooks.redeliver(UNKNOWN_ID),
            lambda: client.apps.list(),
            lambda: client.apps.save("threads", app),
            lambda: client.apps.delete("threads"),
            lambda: operator.tenants.list(),
            lambda: operator.tenants.create({"name": "Acme"}),
            lambda: operator.tenants.get(UNKNOWN_ID),
            lambda: operator.tenants.update(UNKNOWN_ID, {}),
            lambda: operator.tenants.delete(UNKNOWN_ID),
            lambda: operator.tenants.usage(UNKNOWN_ID),
            lambda: operator.tenants.list_keys(UNKNOWN_ID),
            lambda: operator.tenants.create_key(UNKNOWN_ID, {"name": "key", "mode": "test"}),
            lambda: operator.tenants.roll_key(UNKNOWN_ID, UNKNOWN_ID),
            lambda: operator.tenants.revoke_key(UNKNOWN_ID, UNKNOWN_ID),
            lambda: operator.tenants.list_apps(UNKNOWN_ID),
            lambda: operator.tenants.save_app(UNKNOWN_ID, "threads", app),
            lambda: operator.tenants.delete_app(UNKNOWN_ID, "threads"),
            lambda: client.publishing.get(),
            lambda: client.publishing.pause(),
            lambda: client.publishing.resume(),
            lambda: client.publishing.stats({"days": 7}),
        ]
        for call in calls:
            try:
                call()
            except AmpostError as error:
                self.assertRegex(error.code, "NOT_FOUND$", str(error))
        self.assertEqual(sorted(called), sorted(json.loads(os.environ["AMPOST_TEST_OPERATIONS"])))

    def test_a_post_is_created_updated_listed_and_discarded(self):
        posts = self.client().posts
        made = posts.create(draft("From the client"))
        self.assertEqual((made["post"]["status"], made["warnings"]), ("draft", []))
        changed = posts.update(made["post"]["id"], {"content": {"text": "Changed"}}, if_match=made["etag"])
        self.assertEqual(changed["post"]["content"]["text"], "Changed")
        self.refused(
            "PRECONDITION_FAILED", lambda: posts.update(made["post"]["id"], {}, if_match=made["etag"])
        )
        self.assertEqual(posts.cancel(made["post"]["id"])["post"]["status"], "discarded")

    def test_an_error_has_code_status_every_issue_and_the_request_id(self):
        posts = self.client().posts
        with self.assertRaises(AmpostError) as raised:
            posts.create(draft("", ["threads", "youtube"]))
        error = raised.exception
        self.assertEqual(error.status, 400)
        self.assertGreater(len(error.issues), 1)
        self.assertEqual(str(error), error.issues[0]["message"])
        self.assertRegex(error.request_id, "^[0-9a-f-]{36}$")
        self.assertFalse(posts.validate(draft(""))["valid"])
        self.refused("UNAUTHORIZED", lambda: self.client(key="amp_test_wrong").posts.list())
        with self.assertRaises(ValueError):
            posts.get("..")
        with self.assertRaises(ValueError):
            posts.cancel(UNKNOWN_ID, idempotency_key="ключ")

    def test_invalid_options_are_rejected_when_the_client_is_created(self):
        for key in ("", "two words", None):
            with self.assertRaises(ValueError):
                self.client(key=key)
        for url in ("", "localhost:3000", "ftp://api.example.com", "http://a:b@localhost", "http://localhost/?x"):
            with self.assertRaises(ValueError, msg=url):
                self.client(url)
        for seconds in (0, -1, float("nan"), float("inf")):
            with self.assertRaises(ValueError):
                self.client(timeout_seconds=seconds)

    def test_iterating_returns_all_pages_in_order_and_without_duplicates(self):
        posts, name = self.client().posts, f"Page of {type(self).__name__}"
        for number in range(5):
            posts.create(draft(f"{name} {number}"))
        seen = [post["textPreview"] for post in posts.iterate({"search": name, "limit": 2})]
        self.assertEqual(seen, [f"{name} {number}" for number in (4, 3, 2, 1, 0)])

    def test_lists_paged_by_offset_are_iterated_each_item_once_even_if_they_grow_meanwhile(self):
        client = self.client()
        webhook = client.webhooks.create({"url": "https://app.example.com"})["webhook"]
        sent = [client.webhooks.test(webhook["id"])["delivery"]["id"] for _ in range(5)]
        seen = []
        for delivery in client.webhooks.iterate_deliveries(webhook["id"], {"limit": 2}):
            seen.append(delivery["id"])
            if len(seen) == 2:
                client.webhooks.test(webhook["id"])
        self.assertEqual(seen, sent[::-1])
        client.webhooks.delete(webhook["id"])

    def test_a_create_whose_response_is_lost_is_retried_and_creates_one_post(self):
        text, before = f"Only once {type(self).__name__}", broken()
        break_connections("POST", 2, "reset_after")
        self.client(BROKEN).posts.create(draft(text))
        self.assertEqual((broken() - before, self.pauses), (2, [0.5, 1]))
        self.assertEqual(self.count(text), 1)

    def test_the_callers_own_key_makes_two_calls_one(self):
        posts, key = self.client().posts, f"mine-{type(self).__name__}"
        one, other = (posts.create(draft("By my key"), idempotency_key=key) for _ in range(2))
        self.assertEqual(one["post"]["id"], other["post"]["id"])
        self.refused("IDEMPOTENCY_KEY_REUSED", lambda: posts.create(draft("Something else"), idempotency_key=key))

    def test_delays_increase_respect_the_servers_and_end_before_a_long_one(self):
        def asked(status, headers, code, expected):
            self.pauses.clear()
            body = json.dumps({"error": "Not now", "code": code, "requestId": "", "issues": []}).encode()
            with Answering(status, headers, body) as server:
                error = self.refused(code, lambda: self.client(server.url).platforms.list())
            self.assertEqual(self.pauses, expected)
            return error

        asked(503, {}, "UNAVAILABLE", [0.5, 1, 2])
        self.assertEqual(asked(429, {"Retry-After": "7"}, "RATE_LIMITED", [7, 7, 7]).retry_after_seconds, 7)
        asked(429, {"Retry-After": "3600"}, "RATE_LIMITED", [])
        for status, headers, body in (
            (400, {}, b"<html>"),
            (200, {}, b"<html>"),
            (302, {"Location": "https://elsewhere.example.com/"}, b""),
        ):
            with Answering(status, headers, body) as server:
                error = self.refused("UNEXPECTED_ANSWER", lambda: self.client(server.url).platforms.list())
            self.assertTrue(status != 302 or "elsewhere.example.com" in str(error))

    def test_a_server_that_is_down_or_silent_is_reported(self):
        self.refused("CONNECTION_FAILED", lambda: self.client("http://127.0.0.1:9").platforms.list())
        self.assertEqual(len(self.pauses), 3)
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as silent:
            url = f"http://127.0.0.1:{silent.server_port}"
            client = self.client(url, timeout_seconds=0.01, retries=0)
            self.refused("TIMED_OUT", lambda: client.platforms.list())

    def test_a_post_is_followed_until_it_is_settled_over_a_connection_that_breaks(self):
        client, before = self.client(BROKEN), broken()
        post = client.posts.create(draft("Followed by the client"))["post"]
        break_connections("GET", 1, "reset_before", events=True)
        seen = []
        for event in client.posts.events(post["id"]):
            seen.append(event["post"]["status"])
            if len(seen) == 1:
                self.client().posts.cancel(post["id"])
        self.assertEqual((broken() - before, seen), (1, ["draft", "discarded"]))
        self.refused("POST_NOT_FOUND", lambda: next(iter(client.posts.events(UNKNOWN_ID))))

    def test_files_sent_with_a_post_become_its_media(self):
        made = self.client().posts.create(draft("With a file"), files=[("photo.jpg", read("photo-1x1.jpg"))])
        media = made["post"]["content"]["media"]
        self.assertEqual([(each["type"], each["filename"]) for each in media], [("image", "photo.jpg")])

    def test_an_upload_resumes_after_a_broken_connection_and_by_another_client(self):
        film, client = read("landscape-16x9.mp4"), self.client(BROKEN)
        before, progress = broken(), []
        break_connections("PATCH", 1, "reset_after")
        media = client.media.upload(
            film,
            filename="Film für alle.mp4",
            chunk_bytes=-(-len(film) // 3),
            on_progress=lambda sent, total: progress.append((sent, total)),
        )["media"]
        self.assertEqual(broken() - before, 1)
        self.assertEqual(
            [media[name] for name in ("status", "type", "filename", "sizeBytes")],
            ["ready", "video", "Film für alle.mp4", len(film)],
        )
        self.assertEqual((progress[0], progress[-1]), ((0, len(film)), (len(film), len(film))))

        class Gone(Exception):
            pass

        begun = []

        def leave(sent, _total):
            if sent >= 2000:
                raise Gone

        with self.assertRaises(Gone):
            client.media.upload(film, chunk_bytes=1000, on_begin=begun.append, on_progress=leave)
        resumed = []
        again = self.client().media.upload(
            film, resume=begun[0], on_progress=lambda sent, _total: resumed.append(sent)
        )
        self.assertEqual(again["media"]["sizeBytes"], len(film))
        self.assertGreaterEqual(resumed[0], 2000)
        self.assertEqual(
            self.client().media.upload(f"{FIXTURES}/photo-1x1.jpg")["media"]["filename"], "photo-1x1.jpg"
        )
        for upload in (UNKNOWN_ID, "no id"):
            self.refused("NOT_FOUND", lambda: client.media.upload(film, resume=upload))
        self.refused("UNSUPPORTED_MEDIA_TYPE", lambda: client.media.upload(b"no picture"))


class ClientTest(Journeys, unittest.TestCase):
    def client(self, url=URL, key=KEY, **options):
        return Client(key, url, **self.settings(options))


class AsyncClientTest(Journeys, unittest.TestCase):
    def client(self, url=URL, key=KEY, **options):
        inner = AsyncClient(key, url, **self.settings(options))
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        self.addCleanup(lambda: loop.run_until_complete(inner.aclose()))
        return Waiting(loop, inner)

    def test_calls_run_at_the_same_time_and_following_a_post_can_be_stopped(self):
        async def work():
            async with AsyncClient(KEY, URL) as client:
                made = await asyncio.gather(*(client.posts.create(draft(f"Beside {number}")) for number in range(5)))
                events = client.posts.events(made[0]["post"]["id"])
                self.assertEqual((await anext(events))["post"]["status"], "draft")
                waiting = asyncio.ensure_future(anext(events))
                await client.posts.get(made[0]["post"]["id"])
                waiting.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await waiting

        asyncio.run(work())


class TypesTest(unittest.TestCase):
    def test_every_type_can_be_read(self):
        for name, declared in vars(types).items():
            if typing.is_typeddict(declared):
                self.assertNotEqual(typing.get_type_hints(declared, include_extras=True), {}, name)

    def test_methods_take_and_return_declared_types(self):
        for kind in (Client, AsyncClient):
            for group in vars(kind(KEY)).values():
                for name, method in inspect.getmembers(group, inspect.ismethod):
                    if not name.startswith("_"):
                        self.assertIn("return", typing.get_type_hints(method), name)


class WebhooksTest(unittest.TestCase):
    def test_only_what_was_signed_recently_is_accepted(self):
        signed = json.loads(os.environ["AMPOST_TEST_SIGNED"])
        body, headers, secret = signed["body"], signed["headers"], signed["secret"]
        self.assertEqual(verify_webhook(body, headers, secret)["type"], "post.published")
        named = {name.title(): value for name, value in headers.items()}
        other = "whsec_" + "A" * 43 + "="
        self.assertEqual(verify_webhook(body.encode(), named, [other, secret])["type"], "post.published")
        for wrong in (
            lambda: verify_webhook(body + " ", headers, secret),
            lambda: verify_webhook(body, headers, other),
            lambda: verify_webhook(body, {}, secret),
            lambda: verify_webhook(body, headers, secret, now=lambda: time.time() + 301),
            lambda: verify_webhook(body, {**headers, "webhook-signature": "v1,!"}, secret),
        ):
            with self.assertRaises(ampost.WebhookVerificationError):
                wrong()


if __name__ == "__main__":
    unittest.main()
