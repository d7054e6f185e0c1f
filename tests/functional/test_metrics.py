"""GET /metrics: what the whole pool has counted, read by Prometheus' own parser.

SPDX-License-Identifier: MIT
"""

import json
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.client import Client, fastcgi_params, fastcgi_request, fastcgi_send
from harness.process import wait_until
from harness.servers import SOURCE, Workers
from harness.stack import paying_stack

pytestmark = pytest.mark.usefixtures("honest")
AGES = ("under_1m", "1m_to_15m", "15m_to_1h", "1h_to_1d", "over_1d")


@pytest.fixture(scope="module")
def stack(acquirer):
    """Its merchant pays through an acquirer; the other keys are the sandbox's."""
    with paying_stack(acquirer, workers=2, processor_timeout=2, request_timeout=4, database_timeout=1,
                      webhooks="yes") as running:
        yield running


@pytest.fixture(scope="module")
def shop(stack):
    """A client of a merchant who pays in the sandbox."""
    return Client(stack.web.url, stack.new_merchant("Another shop")[1])


with open(os.path.join(SOURCE, "conf/monitoring/README.md"), encoding="utf-8") as readme:
    README = readme.read()


class Metrics:
    """What one answer says."""

    def __init__(self, text):
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]

    def sum(self, name, **labels):
        """Of all lines with these labels."""
        return sum(sample.value for sample in self.samples if sample.name == "payment_api_" + name
                   and labels.items() <= sample.labels.items())

    def requests(self, route, method, status):
        return self.sum("requests_total", route=route, method=method, status=str(status))


def read(stack):
    answer = Client(stack.web.url).get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(answer.text)


def test_requests_by_route_method_and_status(stack, shop):
    before = read(stack)
    payment = shop.pay().json()["id"]
    shop.get("/payments/" + payment)
    shop.request("HEAD", "/payments/" + payment)
    shop.refund(payment, 1)
    shop.refund(payment, 1000)
    shop.get("/payments/x", key=False)
    shop.request("PATCH", "/payments")
    shop.get("/no/such/path")
    after = read(stack)
    for count, route, method, status in (
        (1, "/payments", "POST", 201), (2, "/payments/{id}", "GET", 200), (1, "/refunds", "POST", 201),
        (1, "/refunds", "POST", 400), (1, "/payments/{id}", "GET", 401), (1, "/payments", "other", 405),
        (1, "none", "GET", 404), (1, "/metrics", "GET", 200),
    ):
        assert after.requests(route, method, status) - before.requests(route, method, status) == count, (route, status)
    assert after.sum("requests_total") - before.sum("requests_total") == 9


def test_histograms(stack, shop):
    """Each is whole: buckets that grow up to the count, which fits the requests; and a sum."""
    before = read(stack)
    payments = [shop.pay().json()["id"] for _ in range(5)]
    shop.get("/payments/" + payments[0])
    after = read(stack)
    families = [family for family in after.families.values() if family.type == "histogram"]
    assert {family.name.removeprefix("payment_api_") for family in families} >= {
        "request_duration_seconds", "queue_seconds", "group_size", "database_seconds"}
    for family in families:
        series = {}
        for sample in family.samples:
            labels = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
            series.setdefault(labels, []).append(sample)
        for samples in series.values():
            buckets = [sample.value for sample in samples if sample.name.endswith("_bucket")]
            bounds = [float(sample.labels["le"]) for sample in samples if sample.name.endswith("_bucket")]
            [count] = [sample.value for sample in samples if sample.name.endswith("_count")]
            [total] = [sample.value for sample in samples if sample.name.endswith("_sum")]
            assert buckets == sorted(buckets) and buckets[-1] == count
            assert bounds == sorted(bounds) and bounds[-1] == float("inf")
            assert total >= sum(bound * (high - low) for bound, low, high
                                in zip([0, *bounds], [0, *buckets], buckets) if bound != float("inf")) - 1e-5
    def grown(name, **labels):
        return after.sum(name, **labels) - before.sum(name, **labels)
    assert grown("request_duration_seconds_count", route="/payments", method="POST") == 5
    assert 0 < grown("request_duration_seconds_sum", route="/payments", method="POST") < 60
    assert grown("queue_seconds_count") == grown("requests_total")
    assert grown("group_size_sum", group="make_payments") == 5
    assert grown("group_size_sum", group="read_payments") == 1
    assert grown("database_seconds_count") >= 6
    assert grown("database_seconds_sum") > 0


def names_of_the_document():
    table = "".join(line.split("|")[1] for line in README.splitlines() if line.startswith("| `"))
    return set(re.findall(r"`(\w+)`", table))


@pytest.mark.parametrize("name", ["grafana-dashboard.json", "rules.yml"])
def test_the_samples_ask_for_what_there_is(name):
    with open(os.path.join(SOURCE, "conf/monitoring", name), encoding="utf-8") as file:
        text = file.read()
    if name.endswith(".json"):
        panels = json.loads(text)["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        text = "\n".join(target["expr"] for panel in panels for target in panel["targets"])
    asked = set(re.findall(r"payment_api_(\w+)", text))
    assert len(asked) >= 6
    for metric in asked:
        assert re.sub("_(bucket|sum|count)$", "", metric) in names_of_the_document(), metric
    for age in re.findall(r'age=~"([^"]*)"', text):
        assert set(age.split("|")) <= set(AGES)


def test_the_document_names_each(stack):
    """And no other."""
    wait_until(lambda: read(stack).sum("unresolved_counted_timestamp_seconds"), 30, "the reconciler's first count")
    wait_until(lambda: read(stack).sum("webhook_deliveries_counted_timestamp_seconds"), 30, "the courier's first count")
    told = {family.name.removeprefix("payment_api_") + ("_total" if family.type == "counter" else "")
            for family in read(stack).families.values()}
    assert names_of_the_document() == told


def test_what_is_told_is_bounded_and_nobodys(stack, shop):
    """No key, no id, nothing of a request: the same lines, whatever is asked."""
    shop.pay(description="somebody@example.com")
    first = read(stack)
    for number in range(20):
        shop.get(f"/payments/x{number}?limit={number}")
        shop.get(f"/somewhere/{number}")
        shop.pay(f"key-{number}", description=f"Order {number}", amount=1 + number)
    second = read(stack)

    def lines(metrics):
        return {(sample.name, *sorted(sample.labels.items())) for sample in metrics.samples}
    known = [("route", route) for route in ("/payments", "/payments/{id}", "none")]
    new = [line for line in lines(second) - lines(first) if not any(label in known for label in line)]
    assert not new
    text = Client(stack.web.url).get("/metrics").text
    for private in (shop.key, stack.key, stack.merchant, "Another shop", "example.com", "Order", "key-1", "pay_", "mer_"):
        assert private not in text


def test_totals_outlive_their_workers(stack, shop):
    """Both workers count, and what they counted stays when they are killed or replaced."""
    workers = stack.workers.worker_pids()
    with ThreadPoolExecutor(8) as pool:
        clients = [Client(stack.web.url, shop.key) for _ in range(8)]
        list(pool.map(lambda client: [client.get("/payments/x").status_code for _ in range(25)], clients))
    before = read(stack)
    assert before.sum("processes", state="serving") == len(workers) == 4  # reconciler and courier, too
    assert before.sum("processes_wanted", role="worker") == 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(stack.workers.worker_pids() - workers) == 4, 30, "new processes")
    room = before.sum("requests_in_hand_max")  # each tells it once it is ready
    after = wait_until(lambda: (now := read(stack)).sum("processes", state="serving") == 4
                       and now.sum("requests_in_hand_max") == room and now, 30, "all of them")
    for sample in before.samples:
        if sample.name.endswith(("_total", "_count", "_sum", "_bucket")):
            labels = sample.labels
            assert after.sum(sample.name.removeprefix("payment_api_"), **labels) >= sample.value, sample
    assert after.sum("process_deaths_total") - before.sum("process_deaths_total") == 4
    assert after.sum("process_starts_total") - before.sum("process_starts_total") == 4
    stack.workers.signal(signal.SIGHUP)
    reloaded = wait_until(lambda: (now := read(stack)).sum("process_starts_total") ==
                          after.sum("process_starts_total") + 4 and now.sum("processes", state="ending") == 0 and now,
                          30, "the replacement")
    assert reloaded.sum("reloads_total", result="taken") == after.sum("reloads_total", result="taken") + 1
    assert reloaded.sum("process_deaths_total") == after.sum("process_deaths_total")
    assert reloaded.sum("requests_total") > after.sum("requests_total")
    wait_until(lambda: read(stack).sum("database_connections") == 4, 30, "the end of the old connections")


def test_calls_by_outcome(stack, acquirer):
    before = read(stack)
    payment = stack.client.pay().json()["id"]
    stack.client.refund(payment, 1)
    stack.client.pay(source="tok_chargeDeclined")
    acquirer.misbehave("drop_after")
    assert stack.client.pay().json()["status"] == "processing"
    acquirer.behave()
    after = read(stack)
    for task, outcome in (("charge", "succeeded"), ("charge", "declined"), ("charge", "unknown"), ("refund", "succeeded")):
        labels = {"processor": "stripe", "task": task, "outcome": outcome}
        assert after.sum("processor_calls_total", **labels) - before.sum("processor_calls_total", **labels) == 1, labels
    assert after.sum("processor_call_seconds_count") - before.sum("processor_call_seconds_count") >= 4
    assert after.sum("group_size_sum", group="settle_payments") - before.sum("group_size_sum", group="settle_payments") == 3


def test_unresolved_by_age(stack, acquirer):
    """Counted by the reconciler from the database. Ages are those of the ids."""
    stack.client.pay()
    acquirer.pause()  # so that nothing is resolved
    try:
        made = [int(age) for age in (10, 100, 1000, 4000, 90000, 90001)]
        for age in made:
            when = f"{int((time.time() - age) * 1000):012x}"
            stack.database.sql(
                "INSERT INTO payments (id, merchant_id, mode, amount, currency, status, processor, source, created_at,"
                " due_at, look_at) SELECT UNHEX(CONCAT("
                f"'{when}', '7', SUBSTR(MD5(RAND()), 1, 3), '8', SUBSTR(MD5(RAND()), 1, 15))), id, 'test', 100, 'USD',"
                " 'processing', 'gone', 'tok_visa', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL 1 DAY"
                f" FROM merchants WHERE name = 'Test shop'")
        start = time.time()
        found = wait_until(lambda: (now := read(stack)).sum("unresolved_counted_timestamp_seconds") > start and now,
                           60, "the reconciler's count")
    finally:
        acquirer.resume()
    old = {age: found.sum("unresolved", record="payment", age=age) for age in AGES}
    assert [old[age] for age in AGES[1:]] == [1, 1, 1, 2]
    assert old["under_1m"] >= 1
    assert found.sum("unresolved", record="refund") == 0


def test_deliveries_that_wait(stack):
    """Counted by the courier: at an endpoint that may not be called, until it is disabled."""
    client = Client(stack.web.url, stack.new_merchant("A shop with hooks")[1])
    made = client.post("/webhook_endpoints", {"url": "https://127.0.0.1:9/", "events": ["*"]}).json()
    client.pay()
    found = wait_until(lambda: (now := read(stack)).sum("webhook_deliveries_waiting") == 1 and now, 60, "the count")
    assert found.sum("webhook_delivery_due_timestamp_seconds") > time.time() - 60
    client.post(f"/webhook_endpoints/{made['id']}", {"status": "disabled"})
    found = wait_until(lambda: (now := read(stack)).sum("webhook_deliveries_waiting") == 0 and now, 60, "the next count")
    assert found.sum("webhook_delivery_due_timestamp_seconds") == 0


def test_without_a_processor_nothing_is_unresolved(stack):
    """Nobody counts any more: an old count would say for ever what was."""
    def is_told():
        return "payment_api_unresolved" in Client(stack.web.url).get("/metrics").text

    wait_until(is_told, 30, "the reconciler's count")
    with open(stack.config, encoding="utf-8") as file:
        before = file.read()
    try:
        with open(stack.config, "w", encoding="utf-8") as file:
            file.write(before.split("[processor")[0])
        stack.workers.signal(signal.SIGHUP)
        wait_until(lambda: not is_told(), 30, "its end")
        assert 'processor="(other)"' not in Client(stack.web.url).get("/metrics").text
    finally:
        with open(stack.config, "w", encoding="utf-8") as file:
            file.write(before)
        stack.workers.signal(signal.SIGHUP)
    wait_until(is_told, 30, "the reconciler's count")


def test_without_the_database(stack, shop):
    """The metrics are there when the database is not, and say so."""
    before = read(stack)
    stack.database.stop()
    try:
        assert shop.pay().status_code == 503
        after = read(stack)
    finally:
        stack.database.start()
    assert after.sum("database_failures_total") > before.sum("database_failures_total")
    assert after.requests("/payments", "POST", 503) == before.requests("/payments", "POST", 503) + 1
    wait_until(lambda: shop.pay().status_code == 201, 30, "the recovery")


def test_a_process_without_a_pool_has_none(stack, tmp_path):
    config = tmp_path / "payment-api.conf"
    with open(stack.config, encoding="utf-8") as file:
        config.write_text(file.read().split("[processor")[0], encoding="utf-8")
    config.chmod(0o600)
    alone = Workers(stack.folder, str(config), workers=1, listen=os.path.join(stack.folder, "alone.sock")).start()
    try:
        answer = fastcgi_send(alone.socket, fastcgi_request(fastcgi_params("GET", "/metrics")))
    finally:
        assert alone.stop() == 0
    assert answer.startswith(b"Status: 404 ") and answer.endswith(b'{"error":"Not found"}')
