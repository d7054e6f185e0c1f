"""payment-admin: what it prints, for people and for programs, and how it ends.

SPDX-License-Identifier: MIT
"""

import json
import os
import re

import pytest
from harness.client import Client
from harness.process import wait_until
from harness.servers import SOURCE
from harness.stack import Stack

def test_create_and_list_merchants(stack):
    created = stack.admin("merchant", "create", "Käse & Co")
    assert list(created) == ["id", "name", "created_at"]
    assert created["name"] == "Käse & Co"
    listed = stack.admin("merchant", "list")["merchants"]
    assert {**created, "disabled_at": None, "live_processor": None, "test_processor": None,
            "live_events": False, "test_events": False} in listed
    text = stack.try_admin("merchant", "list").stdout
    assert re.search(rf"^{created['id']} .*Käse & Co$", text, re.M)


@pytest.mark.parametrize("name", ["", "x" * 256, "two\nlines", b"\xff"])
def test_bad_names(stack, name):
    result = stack.try_admin("merchant", "create", name)
    assert result.returncode == 1
    assert "1 to 255 characters" in result.stderr


def test_a_key_is_shown_once(stack):
    merchant, _ = stack.new_merchant("Keys")
    created = stack.admin("key", "create", merchant, "--label", "web", "--expires", "2099-12-31")
    assert re.fullmatch(r"sk_test_[0-9a-hjkmnp-tv-z]{32}", created["key"])
    assert created["key"].startswith(created["prefix"]) and len(created["prefix"]) == 12
    assert (created["label"], created["expires_at"]) == ("web", "2099-12-31T00:00:00Z")
    listed = stack.admin("key", "list", merchant)["keys"]
    assert [key["id"] for key in listed][-1] == created["id"]
    for output in (stack.try_admin("key", "list").stdout, stack.try_admin("--json", "key", "list").stdout):
        assert created["prefix"] in output and created["key"] not in output


def test_revoke_twice(stack):
    merchant, _ = stack.new_merchant("Revoke")
    key = stack.admin("key", "create", merchant)["id"]
    assert stack.admin("key", "revoke", key) == {"id": key, "revoked": True}
    first = stack.admin("key", "list", merchant)["keys"][-1]["revoked_at"]
    assert stack.try_admin("key", "revoke", key).returncode == 0
    assert stack.admin("key", "list", merchant)["keys"][-1]["revoked_at"] == first


@pytest.mark.parametrize("arguments, message", [
    (("key", "create", "mer_00000000000000000000000000"), "there is no such merchant"),
    (("key", "create", "nonsense"), "there is no such merchant"),
    (("key", "list", "nonsense"), "there is no such merchant"),
    (("key", "revoke", "key_00000000000000000000000000"), "there is no such key"),
    (("merchant", "disable", "x"), "there is no such merchant"),
    (("merchant", "enable", "mer_00000000000000000000000000"), "there is no such merchant"),
    (("key", "create", "MERCHANT", "--live"), "no processor for real money"),
    (("key", "create", "MERCHANT", "--expires", "2027-02-30"), "no day to come"),
    (("key", "create", "MERCHANT", "--expires", "2001-01-01"), "no day to come"),
    (("key", "create", "MERCHANT", "--expires", "tomorrow"), "no day to come"),
])
def test_refusals(stack, arguments, message):
    arguments = [stack.merchant if word == "MERCHANT" else word for word in arguments]
    result = stack.try_admin(*arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert message in result.stderr


def test_a_merchant_is_disabled_and_enabled_again(stack):
    merchant, key = stack.new_merchant("On and off")
    client = Client(stack.web.url, key)
    assert stack.admin("merchant", "disable", merchant) == {"id": merchant, "disabled": True}
    assert stack.admin("merchant", "list")["merchants"][-1]["disabled_at"] is not None
    refused = stack.try_admin("key", "create", merchant)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "disabled" in refused.stderr and f"payment-admin merchant enable {merchant}" in refused.stderr
    assert len(stack.admin("key", "list", merchant)["keys"]) == 1
    wait_until(lambda: client.pay().status_code == 401, 10, "the refusal")
    for _ in range(2):
        assert stack.admin("merchant", "enable", merchant) == {"id": merchant, "enabled": True}
    assert stack.admin("merchant", "list")["merchants"][-1]["disabled_at"] is None
    wait_until(lambda: client.pay().status_code == 201, 10, "the payment")
    assert stack.try_admin("key", "create", merchant).returncode == 0


@pytest.mark.parametrize("arguments, message", [
    (("merchant",), "merchant needs one of: create, set, list, disable, enable."),
    (("merchant", "delete"), "merchant has no 'delete', but: create, set, list, disable, enable."),
    (("key", "delete", "x"), "key has no 'delete', but: create, rotate, list, revoke."),
    (("merchants", "list"), "no such command: merchants; there are: schema, merchant, key, payment, refund, notice, webhook,"
     " report, export, forget, audit, reconcile, check."),
])
def test_a_wrong_command_is_told_the_right_ones(stack, arguments, message):
    result = stack.try_admin(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("arguments", [
    (), ("nothing",), ("merchant",), ("merchant", "create"), ("merchant", "create", "a", "b"),
    ("check", "x"), ("reconcile",), ("schema", "status", "--live"), ("merchant", "list", "--label", "x"), ("--unknown",),
])
def test_wrong_usage(stack, arguments):
    result = stack.try_admin(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "payment-admin --help" in result.stderr


def test_help_names_every_command(stack):
    text = stack.try_admin("--help").stdout
    for words in ("schema upgrade", "schema status", "merchant create", "merchant set", "merchant list", "merchant disable", "merchant enable",
                  "key create", "key list", "key revoke", "reconcile --once", "check", "--json", "Exit status"):
        assert words in text


def test_check(stack):
    result = stack.admin("check")
    assert result["good"] is True
    assert {row["check"] for row in result["checks"]} == {
        "configuration", "database", "TLS", "settings", "schema", "privileges"}
    text = stack.try_admin("check").stdout
    assert re.search(r"^ok +privileges", text, re.M)


def test_check_finds_settings_that_lose_commits(stack):
    stack.database.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    try:
        result = stack.try_admin("check")
        assert result.returncode == 1
        assert re.search("^problem +settings +innodb_flush_log_at_trx_commit must be 1", result.stdout, re.M)
    finally:
        stack.database.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")


def test_check_finds_a_binary_log_that_is_not_synced():
    with Stack(database_options=["--log-bin=binlog", "--server-id=1"]) as stack:
        result = stack.try_admin("check")
        assert (result.returncode, "sync_binlog must be 1" in result.stdout) == (1, True)
        stack.database.sql("SET GLOBAL sync_binlog = 1")
        assert stack.try_admin("check").returncode == 0


@pytest.mark.parametrize("grant", ["ALTER ON payment_api.*", "UPDATE ON payment_api.payments", "FILE ON *.*",
                                   "DELETE ON payment_api.refunds", "SELECT ON payment_api.* WITH GRANT OPTION"])
def test_check_finds_privileges_that_nobody_needs(stack, grant):
    what, option = grant.removesuffix(" WITH GRANT OPTION"), grant.partition(" WITH ")[1:]
    stack.database.sql(f"GRANT {what} TO 'payment-api'@'localhost'{''.join(option)}")
    try:
        assert "may do more than the workers need" in stack.try_admin("check").stdout
    finally:
        rights, _, where = what.partition(" ON ")
        stack.database.sql(f"REVOKE {rights + (', GRANT OPTION' if option[0] else '')} ON {where} FROM 'payment-api'@'localhost'")
        with open(os.path.join(SOURCE, "sql/grants.sql"), encoding="utf-8") as grants:
            stack.database.sql(grants.read())
    assert "can do its work, and no more" in stack.try_admin("check").stdout


def test_check_finds_missing_privileges(stack):
    stack.database.sql("REVOKE INSERT ON refunds FROM 'payment-api'@'localhost'")
    try:
        result = stack.try_admin("check")
        assert result.returncode == 1
        assert "sql/grants.sql" in result.stdout
    finally:
        stack.database.sql("GRANT INSERT ON refunds TO 'payment-api'@'localhost'")


def test_check_takes_no_answer_for_no_good_one(stack):
    """The server stops answering after so many statements, wherever that comes."""
    unanswered = 0
    try:
        for limit in range(1, 24):
            stack.database.sql(f"GRANT USAGE ON *.* TO 'payment-api'@'localhost' WITH MAX_QUERIES_PER_HOUR {limit};"
                               "FLUSH USER_RESOURCES")
            checks = json.loads(stack.try_admin("--json", "check").stdout)["checks"]
            messages = [row["message"] for row in checks if (row["check"], row["result"]) == ("settings", "problem")]
            unanswered += any("did not answer" in message for message in messages)
            assert not messages or not any((row["check"], row["result"]) == ("settings", "ok") for row in checks)
    finally:
        stack.database.sql("GRANT USAGE ON *.* TO 'payment-api'@'localhost' WITH MAX_QUERIES_PER_HOUR 0;"
                           "FLUSH USER_RESOURCES")
    assert unanswered >= 4  # is this a Galera node, and three settings
    assert stack.try_admin("check").returncode == 0


def test_check_as_another_system_user_names_the_right_one(stack):
    """As root, where the package's account is known by its system user."""
    stack.database.sql("CREATE USER 'daemon'@'localhost' IDENTIFIED VIA unix_socket")
    config = stack.config + ".daemon"
    with open(stack.config, encoding="utf-8") as original, open(config, "w", encoding="utf-8") as copy:
        copy.write(re.sub(r"user = payment-api\npassword = .*", "user = daemon", original.read()))
    try:
        result = stack.try_admin("check", config=config)
        assert result.returncode == 1
        assert re.search(r"problem +database .*1698.*runuser -u daemon -- payment-admin", result.stdout)
    finally:
        stack.database.sql("DROP USER 'daemon'@'localhost'")


def test_database_out_of_reach(stack, tmp_path):
    config = tmp_path / "c.conf"
    config.write_text("[database]\nsocket = /nonexistent.sock\n")
    for arguments in (("merchant", "list"), ("schema", "status"), ("check",)):
        assert stack.try_admin(*arguments, config=str(config)).returncode == 3
