#!/usr/bin/python3
"""A stand-in for Stripe: the calls that a payment needs, over TLS, with a ledger of its own on disk.

It is for what no test account can be made to do: lose an answer, answer after the deadline, die
between the act and the answer (misbehaviour.py). The folder has ledger.db, control.json (the
misbehaviour wanted) and requests.log (each request as a line of JSON when it came, {"id", "method",
"path", "query", "key", "version", "body", "misbehaviour"}, and one when it was answered, {"id", "status"}).
With --events-to it tells each change of its ledger to that address (events.py).

Beside Stripe's paths GET /authenticate/pi_...?outcome=success (or fail) is the issuer's page of 3-D
Secure, which sends the browser to the return_url.

SPDX-License-Identifier: MIT
"""

import argparse
import asyncio
import dataclasses
import hmac
import json
import os
import signal
import ssl
import sys
import time

sys.dont_write_bytecode = True

import api  # noqa: E402
import events  # noqa: E402
import form  # noqa: E402
import http11  # noqa: E402
import idempotency  # noqa: E402
import objects  # noqa: E402
from form import Refused  # noqa: E402
from ledger import Ledger  # noqa: E402
from misbehaviour import Misbehaviour  # noqa: E402

GARBAGE = b"<html><head><title>502 Bad Gateway</title></head>\xff\xfe{\"id\": \"ch_"


class Lost(Exception):
    """The connection is to be lost now."""


def authorize(request, secret):
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind != "Bearer" or not given:
        raise Refused(401, "You did not provide an API key. You need to provide your API key in the Authorization header,"
                      " using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
    if not hmac.compare_digest(given.encode(), secret.encode()):
        raise Refused(401, f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}")


def tampered(what, answer):
    """The body of an answer that is whole, but wrong."""
    if what == "garbage":
        return GARBAGE
    if what == "empty":
        return b""
    value = json.loads(answer.body)
    for record in value.get("data", [value]):
        if what == "wrong_amount" and "amount" in record:
            record["amount"] += 1
        if what == "wrong_record" and "metadata" in record:
            record["metadata"] = {name: text[::-1] for name, text in record["metadata"].items()}
            record["id"] = objects.new_id(record["id"].partition("_")[0])
    return idempotency.encoded(value)


class Acquirer:
    """The server."""

    def __init__(self, options):
        self.options = options
        self.livemode = options.secret.startswith(("sk_live_", "rk_live_"))
        self.ledger = Ledger(os.path.join(options.folder, "ledger.db"), events.SCHEMA)
        self.misbehaviour = Misbehaviour(os.path.join(options.folder, "control.json"), options.seed)
        self.sender = None
        if options.events_to:
            self.sender = events.Sender(options, self.ledger, self.misbehaviour, self.livemode)
        self.log = os.open(os.path.join(options.folder, "requests.log"), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.write(self.log, b"\n")  # behind a line that a SIGKILL cut
        self.keys_in_use = set()
        self.idle = set()  # writers of connections that wait for a request
        self.wrong = self._context(options.wrong_certificate, options.wrong_key) if options.wrong_certificate else None

    def _context(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1"])
        # A session that is taken up again shows no certificate, and so not the wrong one.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
        return context

    def context(self):
        context = self._context(self.options.certificate, self.options.key)
        context.sni_callback = self._choose_certificate
        return context

    def _choose_certificate(self, connection, *_):
        self._refresh()
        if self.wrong is not None and self.misbehaviour.for_connection() is not None:
            connection.context = self.wrong

    def _refresh(self):
        if self.misbehaviour.refresh() and self.misbehaviour.breaks_names:
            for writer in self.idle:
                writer.close()

    async def watch(self):
        """Connections that wait hear of a new control file, too."""
        while True:
            self._refresh()
            await asyncio.sleep(0.05)

    async def serve(self, reader, writer):
        """One connection."""
        try:
            while True:
                self.idle.add(writer)
                request = await http11.read(reader, writer)
                self.idle.discard(writer)
                if request is None or not await self._exchange(request, writer):
                    break
        except http11.BadRequest as error:
            writer.write(b"".join(http11.write(400, {"Connection": "close"}, str(error).encode())))
        except Lost:
            writer.transport.abort()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            self.idle.discard(writer)
            writer.close()

    async def _exchange(self, request, writer):
        """Answers a request; false when the connection ends with that."""
        identifier = objects.new_id("req")
        self._refresh()
        rule = self.misbehaviour.for_request(request.method, request.path)
        self._note(id=identifier, method=request.method, path=request.path, query=request.query,
                   key=request.headers.get("idempotency-key"), version=request.headers.get("stripe-version"),
                   body=request.body, misbehaviour=rule.what if rule.id else None)
        if request.path.startswith("/authenticate/"):
            return await self._authenticate(request, identifier, writer)
        answer, headers = await self._answer(request, identifier, rule)
        if rule.what == "late_answer":
            await asyncio.sleep(rule.seconds)
        if rule.what == "event_first" and self.sender and answer.events:
            await self.sender.taken(answer.events, rule.seconds or 5)
        if rule.what == "drop_after":
            raise Lost
        if rule.what in ("garbage", "empty", "wrong_amount", "wrong_record"):
            answer = idempotency.Answer(200 if rule.what in ("garbage", "empty") else answer.status,
                                        tampered(rule.what, answer))
        self._note(id=identifier, status=answer.status)
        return await self._send(writer, answer, headers, half=rule.what == "half", closes=request.closes)

    async def _send(self, writer, answer, headers, half=False, closes=False):
        head, body = http11.write(answer.status, headers, answer.body)
        writer.write(head + (body[:len(body) // 2] if half else body))
        await writer.drain()
        return not (half or closes)

    async def _answer(self, request, identifier, rule):
        """The answer and its headers."""
        headers = {"Content-Type": "application/json", "Request-Id": identifier, "Cache-Control": "no-cache, no-store"}
        if "idempotency-key" in request.headers and request.method == "POST":
            headers["Idempotency-Key"] = request.headers["idempotency-key"]
        if "stripe-version" in request.headers:
            headers["Stripe-Version"] = request.headers["stripe-version"]
        if rule.should_retry is not None:
            headers["Stripe-Should-Retry"] = "true" if rule.should_retry else "false"
        if rule.what == "late_arrival":
            await asyncio.sleep(rule.seconds)
        if rule.what == "drop_before":
            raise Lost
        try:
            authorize(request, self.options.secret)
            if rule.what == "rate_limit":
                headers["Retry-After"] = str(rule.retry_after)
                raise Refused(429, "Request rate limit exceeded. Learn more about rate limits here"
                              " https://stripe.com/docs/rate-limits.", code="rate_limit")
            if rule.what == "error_before":
                return idempotency.Answer(500, idempotency.encoded(idempotency.UNKNOWN_ERROR)), headers
            answer = await self._act(request, identifier, rule)
        except Refused as refused:
            answer = idempotency.Answer(refused.status, idempotency.encoded({"error": refused.error}))
        if answer.original is not None:
            headers["Idempotent-Replayed"] = "true"
            headers["Original-Request"] = answer.original
        return answer, headers

    async def _act(self, request, identifier, rule):
        endpoint, of_path = api.lookup(request.method, request.path)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is not None and not 1 <= len(key) <= idempotency.KEY_MAX:
            raise form.invalid("Keys for idempotent requests must be between 1 and 255 characters long.")
        call = api.Call(params=self._params(request), identifier=of_path, key=key,
                        version=request.headers.get("stripe-version", ""), livemode=self.livemode,
                        base=f"https://{request.headers.get('host', 'localhost')}", now=int(time.time()))
        if key is not None and (key in self.keys_in_use or rule.what == "conflict"):
            raise idempotency.in_use(key)
        self.keys_in_use.add(key)
        try:
            pause = self.options.latency_ms / 1000 + (rule.seconds if rule.what == "slow" else 0)
            if pause:
                await asyncio.sleep(pause)
            error_kept = ("acts" if rule.acts else "idle") if rule.what == "error_kept" else None
            operation = idempotency.operation(endpoint, call, request.path, identifier, error_kept)
            answer, made = await self.ledger.run(events.counted(operation))
            return dataclasses.replace(answer, events=made)
        finally:
            self.keys_in_use.discard(key)

    @staticmethod
    def _params(request):
        if request.method == "GET":
            if request.body:
                raise form.invalid("Invalid request (a GET has no body).")
            return form.parse(request.query)
        if request.query:
            raise form.invalid("Invalid request (the parameters of a POST belong in its body).")
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if request.body and kind != "application/x-www-form-urlencoded":
            raise form.invalid("Invalid request (the Content-Type must be application/x-www-form-urlencoded).")
        return form.parse(request.body)

    async def _authenticate(self, request, identifier, writer):
        """The issuer's page, where a customer's browser asks."""
        call = api.Call(params={}, identifier=request.path.rpartition("/")[2], key=None, version="",
                        livemode=self.livemode, base=f"https://{request.headers.get('host', 'localhost')}",
                        now=int(time.time()))
        headers, answer = {"Content-Type": "text/plain"}, idempotency.Answer(200, b"You can close this page.\n")
        try:
            call.params = form.checked(form.parse(request.query), api.AUTHENTICATE.params, required=("outcome",))
            row = await self.ledger.run(lambda database: api.authenticate(database, call))
            if row["return_url"] is not None:
                headers["Location"] = objects.return_address(row)
                answer = idempotency.Answer(302, b"")
        except Refused as refused:
            answer = idempotency.Answer(refused.status, str(refused).encode())
        self._note(id=identifier, status=answer.status)
        return await self._send(writer, answer, headers, closes=request.closes)

    def _note(self, **line):
        os.write(self.log, json.dumps(line).encode() + b"\n")

    async def run(self):
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        server = await asyncio.start_server(self.serve, "127.0.0.1", self.options.port, ssl=self.context(),
                                            limit=http11.HEAD_MAX, backlog=1024)
        tasks = [asyncio.create_task(self.watch())]
        if self.sender:
            tasks.append(asyncio.create_task(self.sender.run()))
        await ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.close()
        self.ledger.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--folder", required=True, help="where its ledger, control file and log are")
    parser.add_argument("--port", required=True, type=int, help="on 127.0.0.1")
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--wrong-certificate", help="for the misbehaviour wrong_name")
    parser.add_argument("--wrong-key")
    parser.add_argument("--secret", required=True, help="the API key that it accepts; sk_live_...: live mode")
    parser.add_argument("--events-to", metavar="URL", help="http://HOST:PORT/PATH that events are sent to")
    parser.add_argument("--event-secret", default="", help="what events are signed with")
    parser.add_argument("--latency-ms", type=float, default=0, help="how long each request takes")
    parser.add_argument("--seed", type=int, default=0, help="of the choices by probability")
    asyncio.run(Acquirer(parser.parse_args()).run())


if __name__ == "__main__":
    main()
