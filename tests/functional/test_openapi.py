"""The OpenAPI document: it is one, it has the program's own routes and errors, and clients can be made
from it. That answers are as it says is seen by all the tests: harness/contract.py.

SPDX-License-Identifier: MIT
"""

import json
import os
import re
import subprocess
import uuid

import pytest
from harness.contract import METHODS, PATH, Contract
from harness.npm import packages
from harness.servers import BUILD

TABLE = os.path.join(BUILD, "tests/unit/api-table")
CONTRACT = Contract()
DOCUMENT = CONTRACT.document


@pytest.fixture(scope="module")
def node():
    return packages("openapi", ("client.py", "client.ts", "python.mjs", "validate.mjs"))


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def table(kind):
    """The rows of a kind that the program's tables have."""
    rows = [line.split("\t") for line in run(TABLE).splitlines()]
    return [row[1:] for row in rows if row[0] == kind]


def test_it_is_a_document(node):
    result = json.loads(run("node", os.path.join(node, "validate.mjs"), PATH))
    assert result["valid"], json.dumps(result.get("errors"), indent=1)[:4000]
    assert result["version"] == "3.1"


def access(operation):
    """Who may call, as the program's table of routes names it."""
    schemes = {name for one in operation.get("security", DOCUMENT["security"]) for name in one}
    return {frozenset(): "open", frozenset(["apiKey"]): "key", frozenset(["processorSignature"]): "signed"}[frozenset(schemes)]


def test_its_routes_are_those_of_the_program():
    described = []
    for path, item in DOCUMENT["paths"].items():
        methods = [method.upper() for method in METHODS if method in item]
        who = {access(item[method.lower()]) for method in methods}
        assert len(who) == 1, path
        allow = [name for method in methods for name in ([method, "HEAD"] if method == "GET" else [method])]
        described.append([path, ", ".join([*allow, "OPTIONS"]), who.pop()])
    assert sorted(described) == sorted(table("route"))


def test_its_errors_are_those_of_the_program():
    described = [
        [str(example["x-status"]), example["value"]["error"]]
        for example in DOCUMENT["components"]["examples"].values() if "x-by" not in example
    ]
    assert sorted(described) == sorted([status, message] for status, _, message in table("error"))


def test_errors_that_may_be_sent_again_have_retry_after():
    for status, seconds, message in table("error"):
        for pointer in all_answers():
            listed = message in CONTRACT.messages(pointer, int(status))
            if listed and pointer[-1] not in ("default", "WebServer"):
                has = "Retry-After" in CONTRACT.node(pointer).get("headers", {})
                assert has == (seconds != "0"), (message, pointer)


def all_answers():
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            for status in item.get(method, {}).get("responses", {}):
                yield CONTRACT.pointer(("paths", path, method, "responses", status))


def test_every_error_is_an_answer_of_some_call():
    used = {name for pointer in all_answers() for content in CONTRACT.node(pointer).get("content", {}).values()
            for name in content.get("examples", {})}
    assert used == set(DOCUMENT["components"]["examples"])


def test_each_example_keeps_to_its_schema():
    count = 0
    for pointer in all_answers():
        for media_type, content in CONTRACT.node(pointer).get("content", {}).items():
            examples = [content["example"]] if "example" in content else []
            examples += [CONTRACT.resolve(one)["value"] for one in content.get("examples", {}).values()]
            for example in examples:
                CONTRACT.check_value((*pointer, "content", media_type, "schema"), example, True)
                count += 1
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if "requestBody" in item.get(method, {}):
                for media_type, content in item[method]["requestBody"]["content"].items():
                    where = ("paths", path, method, "requestBody", "content", media_type, "schema")
                    CONTRACT.check_value(where, content["example"], False)
                    count += 1
    assert count > 20


def test_all_that_it_refers_to_is_there_and_all_that_is_there_is_used():
    with open(PATH, encoding="utf-8") as file:
        text = file.read()
    references = set(re.findall(r'"\$ref": "#/components/(\w+)/([^"]+)"', text))
    present = {(kind, name) for kind in DOCUMENT["components"] for name in DOCUMENT["components"][kind]
               if kind != "securitySchemes"}
    # What the paths that are not there, and methods that a path has not, are answered with.
    assert present - references == {("responses", "MethodNotAllowed"), ("responses", "NotFound")}
    assert references <= present


@pytest.mark.parametrize("change, complaint", [
    (lambda answer: answer["body"].update(paid=True), "paid"),
    (lambda answer: answer["body"].pop("created_at"), "created_at"),
    (lambda answer: answer["body"].update(status="paid"), "paid"),
    (lambda answer: answer.update(body=dict(reversed(answer["body"].items()))), "not \\['id'"),
    (lambda answer: answer["headers"].pop("Location"), "no Location"),
    (lambda answer: answer["headers"].update({"X-Powered-By": "C"}), "X-Powered-By"),
    (lambda answer: answer["headers"].update({"Cache-Control": "private"}), "no-store"),
    (lambda answer: answer.update(status=402), "created_at|card_declined|is not valid|'error'"),
    (lambda answer: answer.update(status=404, body={"error": "Refund not found"}), "no error of this call|'Location'"),
    (lambda answer: answer.update(request=b'{"amount":"1","currency":"USD","source":"tok_visa"}'), "not of type"),
])
def test_the_judge_sees_what_is_wrong(change, complaint):
    """Each of these has to be told: a judge that accepts everything proves nothing."""
    example = DOCUMENT["paths"]["/payments"]["post"]["responses"]["201"]["content"]["application/json"]["example"]
    answer = {
        "status": 201, "body": dict(example), "request": b'{"amount":1,"currency":"USD","source":"tok_visa"}',
        "headers": {"Content-Type": "application/json", "Request-Id": "x", "Cache-Control": "no-store",
                    "Location": "/v1/payments/" + example["id"]},
    }

    def judge():
        CONTRACT.check("POST", "/payments", {"Content-Type": "application/json"}, answer["request"],
                       answer["status"], answer["headers"], json.dumps(answer["body"]).encode())

    judge()
    change(answer)
    with pytest.raises(AssertionError, match=complaint):
        judge()


def test_a_client_in_typescript_made_from_it(stack, node):
    schema = os.path.join(node, "schema.d.ts")
    program = os.path.join(node, "client.ts")
    run("node", os.path.join(node, "node_modules/openapi-typescript/bin/cli.js"), PATH, "-o", schema, cwd=node)
    # Strict: what the document does not have is an error, and client.ts says where one has to be.
    run("node", os.path.join(node, "node_modules/typescript/bin/tsc"), "--strict", "--target", "es2022", "--module",
        "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck",
        "--outDir", os.path.join(node, "made"), program, cwd=node)
    compiled = os.path.join(node, "client.mjs")
    os.replace(os.path.join(node, "made/client.js"), compiled)
    said = json.loads(run("node", compiled, env={**os.environ, "BASE_URL": stack.web.url, "API_KEY": stack.key,
                                              "ORDER": str(uuid.uuid4())}))
    assert said["payment"] == said["read"] and said["payment"]["amount"] == 100
    assert said["refund"] == said["refundRead"] and said["refund"]["payment_id"] == said["payment"]["id"]
    assert said["page"] == {"data": [said["payment"]], "has_more": said["page"]["has_more"]}
    assert said["refunds"] == {"data": [said["refund"]], "has_more": False}
    status, error, location = said["declined"]
    assert (status, error) == (402, "Insufficient funds")
    assert re.fullmatch(r"/v1/payments/pay_\w{26}", location)


def test_a_client_in_python_made_from_it(stack, node):
    with open(os.path.join(node, "schema.py"), "w", encoding="utf-8") as file:
        file.write(run("node", os.path.join(node, "python.mjs"), PATH, cwd=node))
    said = json.loads(run("/usr/bin/python3", "-B", os.path.join(node, "client.py"), env={
        **os.environ, "BASE_URL": stack.web.url, "API_KEY": stack.key, "ORDER": str(uuid.uuid4())}))
    assert said["payment"].startswith("pay_") and said["refund"].startswith("refund_")
    assert said["declined"] == "Insufficient funds"
