"""The OpenAPI document as a judge: every answer, and every request that was carried out, keeps to it.

The functional tests' conftest.py hands judge() to the client. It is stricter than the document reads:
an object of an answer has no other members than the document lists, and has them in that order; an
error's message is one of the examples of its status; a header that the document does not list for an
answer is none of ours.

SPDX-License-Identifier: MIT
"""

import copy
import functools
import json
import os
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, RefResolver

from harness.servers import SOURCE

PATH = os.path.join(SOURCE, "conf/openapi.json")
METHODS = ("get", "post", "put", "patch", "delete")
# What HTTP and the web servers add of themselves.
TRANSPORT = {
    "accept-ranges", "connection", "content-length", "content-type", "date", "etag", "keep-alive", "last-modified",
    "server", "strict-transport-security", "transfer-encoding", "upgrade", "vary",
}


def load():
    with open(PATH, encoding="utf-8") as file:
        return json.load(file)


def close(node):
    """Lets no object have members that it does not list."""
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        for child in node.values():
            close(child)
    elif isinstance(node, list):
        for child in node:
            close(child)
    return node


def template_pattern(template):
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))


def message_of(error):
    """Of an error in either form."""
    return error.get("error", error.get("title"))


class Contract:
    def __init__(self):
        self.document = load()
        self.closed = close(copy.deepcopy(self.document))
        self.paths = [(template_pattern(template), template) for template in self.document["paths"]]

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def template_of(self, path):
        return next((template for pattern, template in self.paths if pattern.fullmatch(path)), None)

    @functools.lru_cache(maxsize=None)  # noqa: B019 - one contract for the whole run
    def validator(self, pointer, is_answer):
        """For the schema at a pointer ("paths", "/payments", ...)."""
        document = self.closed if is_answer else self.document
        schema = document
        for part in pointer:
            schema = schema[part]
        return Draft202012Validator(schema, resolver=RefResolver("", document))

    def check_value(self, pointer, value, is_answer):
        errors = [error.message for error in self.validator(pointer, is_answer).iter_errors(value)]
        assert not errors, f"{json.dumps(value)[:500]}: {'; '.join(errors)}"

    def check_order(self, schema, value):
        """The members of an object, in the order in which the document lists them."""
        schema = self.resolve(schema)
        if isinstance(value, dict) and "properties" in schema:
            order = [name for name in schema["properties"] if name in value]
            assert [name for name in value if name in order] == order, f"{list(value)}, not {order}"
            for name in order:
                self.check_order(schema["properties"][name], value[name])
        elif isinstance(value, list) and "items" in schema:
            for item in value:
                self.check_order(schema["items"], item)

    def pointer(self, pointer):
        """Where the node at a pointer really stands."""
        node = self.document
        for part in pointer:
            node = node[part]
            if "$ref" in node:
                return self.pointer(tuple(node["$ref"].removeprefix("#/").split("/"))
                                    + pointer[pointer.index(part) + 1 :])
        return pointer

    def node(self, pointer):
        node = self.document
        for part in pointer:
            node = node[part]
        return node

    def answer_pointer(self, where, status, message):
        """The entry of "responses" for an answer: the one of its status, if that has the message."""
        responses = self.node(where)["responses"]
        if str(status) in responses:
            pointer = self.pointer((*where, "responses", str(status)))
            if message is None or message in self.messages(pointer, status):
                return pointer
        return self.pointer((*where, "responses", "default"))

    def messages(self, pointer, status):
        found = set()
        for content in self.node(pointer).get("content", {}).values():
            for example in content.get("examples", {}).values():
                example = self.resolve(example)
                if example.get("x-status") == status:
                    found.add(example["value"]["error"])
        return found

    def check_headers(self, pointer, headers, from_web_server):
        listed = self.node(pointer).get("headers", {})
        for name in listed:
            header = self.resolve(listed[name])
            if name in headers:
                where = (*self.pointer((*pointer, "headers", name)), "schema")
                self.check_value(where, headers[name], True)
            else:
                assert from_web_server or not header.get("required"), f"no {name}"
        known = TRANSPORT | {name.lower() for name in listed}
        if pointer[-1] == "WebServer":
            known |= {"request-id", "cache-control", "retry-after", "allow"}
        unknown = [name for name in headers if name.lower() not in known]
        assert not unknown, f"headers that the document does not have here: {unknown}"

    def check_body(self, pointer, status, headers, body):
        contents = self.node(pointer).get("content", {})
        if not body:
            return
        media_type = headers.get("Content-Type", "").split(";")[0]
        assert media_type in contents, f"{media_type}, not {list(contents)}"
        if "json" not in media_type:
            return
        value = json.loads(body)
        where = (*pointer, "content", media_type, "schema")
        self.check_value(where, value, True)
        self.check_order(self.node(where), value)
        if status >= 400:
            assert message_of(value) in self.messages(pointer, status), f"{value} is no error of this call"

    def check_request(self, where, headers, query, body):
        operation = self.node(where)
        parameters = {}
        for i, parameter in enumerate(operation.get("parameters", [])):
            pointer = self.pointer((*where, "parameters", i)) if "$ref" in parameter else (*where, "parameters", i)
            parameter = self.resolve(parameter)
            parameters[parameter["in"], parameter["name"]] = (*pointer, "schema")
            if parameter["in"] == "header" and parameter["name"] in headers:
                self.check_value((*pointer, "schema"), headers[parameter["name"]], False)
        for name, value in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):
            if ("query", name) not in parameters:
                assert ("query", "limit") not in parameters, f"no parameter {name}"
                continue  # only lists refuse what they do not know
            pointer = parameters["query", name]
            is_number = self.resolve(self.node(pointer)).get("type") == "integer"
            self.check_value(pointer, int(value) if is_number else value, False)
        if "requestBody" in operation and (body or operation["requestBody"]["required"]):
            media_type = headers["Content-Type"].split(";")[0].strip().lower()
            assert media_type in operation["requestBody"]["content"], media_type
            self.check_value((*where, "requestBody", "content", media_type, "schema"), json.loads(body), False)

    def check(self, method, path, request_headers, request_body, status, headers, body, query=""):
        template = self.template_of(path)
        item = self.document["paths"].get(template, {})
        from_web_server = "Request-Id" not in headers and "Apache" in headers.get("Server", "")
        message = None
        if status >= 400 and body and "json" in headers.get("Content-Type", ""):
            message = message_of(json.loads(body))
        operation = "get" if method == "HEAD" else method.lower()
        if operation in item:
            where = ("paths", template, operation)
            pointer = self.answer_pointer(where, status, message)
            if status < 400:
                self.check_request(where, request_headers, query, request_body)
        elif method == "OPTIONS" and item and status == 204:
            assert headers["Allow"] and not body
            return
        else:
            name = "MethodNotAllowed" if item and status == 405 else "NotFound" if status == 404 else "WebServer"
            pointer = ("components", "responses", name)
        if from_web_server and status >= 400:
            pointer = ("components", "responses", "WebServer")
        self.check_headers(pointer, headers, from_web_server)
        self.check_body(pointer, status, headers, body if method != "HEAD" else b"")

    def judge(self, answer):
        """An answer of the requests library, which knows its request."""
        request = answer.request
        sent = {name: value.decode("latin-1") if isinstance(value, bytes) else value
                for name, value in request.headers.items()}
        found = re.match(r"(?:.*?)/v1(/.*)", unquote(urlsplit(request.url).path))
        if not found:
            return
        try:
            self.check(request.method, found.group(1), sent, request.body, answer.status_code,
                       answer.headers, answer.content, urlsplit(request.url).query)
        except AssertionError as error:
            raise AssertionError(
                f"{request.method} {found.group(1)}: {answer.status_code} {answer.text[:300]} is not as in "
                f"conf/openapi.json: {error}") from None
