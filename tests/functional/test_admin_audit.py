"""payment-admin audit: what administrators did, in one transaction with what they changed.

SPDX-License-Identifier: MIT
"""

import json
import os
import pwd
import subprocess

import pytest
from harness.servers import SOURCE, SqlError


def acts(stack, *arguments):
    return stack.admin("audit", "list", *arguments)["acts"]


def words(stack, *arguments):
    return [(act["act"], act["detail"]) for act in acts(stack, *arguments)]


def test_each_change_is_a_row(stack):
    merchant = stack.admin("merchant", "create", "Audited, Käse & Co")["id"]
    key = stack.admin("key", "create", merchant, "--label", "wéb")
    stack.admin("key", "revoke", key["id"], "--reason", "lost")
    stack.admin("merchant", "disable", merchant, "--reason", "does not pay")
    stack.admin("merchant", "enable", merchant)
    stack.admin("merchant", "set", merchant, "--test-processor", "none")  # as it was
    assert words(stack, merchant) == [
        ("merchant enable", None), ("merchant disable", None), ("merchant create", "Audited, Käse & Co")]
    assert words(stack, key["id"]) == [
        ("key revoke", None), ("key create", f"of {merchant}, {key['prefix']}, test, wéb")]
    assert [act["reason"] for act in acts(stack, key["id"])] == ["lost", None]
    assert key["key"] not in stack.try_admin("audit", "list").stdout
    assert ("schema upgrade", "version 12") in words(stack, "schema")


def test_what_changes_nothing_is_no_row(stack):
    merchant, _ = stack.new_merchant("Unchanged")
    key = stack.admin("key", "list", merchant)["keys"][0]["id"]
    for command in (("merchant", "disable", merchant), ("key", "revoke", key)):
        stack.admin(*command)
        stack.admin(*command)
    assert words(stack, key)[0] == ("key revoke", None) and len(words(stack, key)) == 2
    assert len(words(stack, merchant)) == 2
    before = len(acts(stack))
    assert stack.try_admin("key", "revoke", "key_00000000000000000000000000").returncode == 1
    assert stack.try_admin("key", "create", merchant).returncode == 1  # it is disabled
    stack.admin("payment", "list")
    assert len(acts(stack)) == before


def test_who_it_was(stack):
    merchant, _ = stack.new_merchant("Who")
    environment = {name: value for name, value in os.environ.items() if name != "SUDO_USER"}
    for sudo_user in (None, "alice"):
        subprocess.run([stack.admin_program, "--config", stack.config, "merchant",
                        "disable" if sudo_user else "enable", merchant], check=True, stdout=subprocess.DEVNULL,
                       env=environment | ({"SUDO_USER": sudo_user} if sudo_user else {}))
    act = acts(stack, merchant)[0]
    assert (act["system_user"], act["sudo_user"]) == (pwd.getpwuid(os.getuid()).pw_name, "alice")
    assert act["account"] == "root@localhost"
    assert acts(stack, merchant)[-1]["sudo_user"] == os.environ.get("SUDO_USER")


def test_the_list_is_bounded(stack):
    merchant, _ = stack.new_merchant("Bounded")
    stack.admin("merchant", "disable", merchant)
    stack.database.sql("UPDATE audit SET id = CONCAT(x'0000000003E8', SUBSTR(id, 7)), done_at = '1970-01-01 00:00:01'"
                       " WHERE act = 'merchant disable' ORDER BY id DESC LIMIT 1")
    assert [act["act"] for act in acts(stack, merchant)] == ["merchant create", "merchant disable"]
    assert len(acts(stack, merchant, "--limit", "1")) == 1
    assert [act["act"] for act in acts(stack, merchant, "--until", "1970-01-02")] == ["merchant disable"]
    assert [act["act"] for act in acts(stack, merchant, "--since", "1970-01-01T00:00:02Z")] == ["merchant create"]
    text = stack.try_admin("audit", "list", merchant).stdout.splitlines()
    assert text[0].split() == ["DONE", "AT", "SYSTEM", "USER", "SUDO", "USER", "ACT", "OBJECT", "DETAIL", "REASON"]
    assert len(text) == 3


@pytest.mark.parametrize("statement", [
    "SELECT COUNT(*) FROM audit",
    "INSERT INTO audit (id, done_at, system_user, account, act, object) VALUES ('', NOW(), '', '', '', '')",
    "UPDATE audit SET reason = ''",
    "DELETE FROM audit",
])
def test_the_workers_account_has_no_right_to_it(stack, statement):
    with pytest.raises(SqlError) as refused:
        stack.database.sql(statement, user="payment-api", password=stack.password)
    assert refused.value.number == 1142


@pytest.fixture(scope="module")
def operator(stack):
    """A configuration whose [database-admin] is an account with sql/grants-operator.sql."""
    stack.database.sql("CREATE OR REPLACE USER 'payment-operator'@'localhost' IDENTIFIED BY 'secret of operators'")
    with open(os.path.join(SOURCE, "sql/grants-operator.sql"), encoding="utf-8") as grants:
        stack.database.sql(grants.read())
    path = os.path.join(stack.folder, "operator.conf")
    with open(stack.config, encoding="utf-8") as file, open(path, "w", encoding="utf-8") as copy:
        copy.write(file.read().replace("user = root\n", "user = payment-operator\npassword = secret of operators\n"))
    return path


def test_an_operators_account_does_all_but_the_schema(stack, operator):
    def run(*command):
        result = stack.try_admin("--json", *command, config=operator)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    merchant = run("merchant", "create", "Of an operator")["id"]
    key = run("key", "create", merchant)["id"]
    payment = stack.client.pay().json()["id"]
    for command in (("key", "list"), ("key", "rotate", key), ("key", "revoke", key),
                    ("merchant", "set", merchant, "--test-processor", "none"),
                    ("merchant", "disable", merchant), ("merchant", "enable", merchant), ("merchant", "list"),
                    ("payment", "list", "--unresolved"), ("payment", "list"), ("refund", "list"),
                    ("payment", "show", payment), ("report",), ("export",), ("schema", "status"),
                    ("notice", "list"), ("reconcile", "--once"), ("reconcile", "--since", "2024-01-01")):
        run(*command)
    stack.database.sql("INSERT INTO notices SET id = 'of an operator!!', processor = 'a', mode = 'test', event_id = 'evt_1',"
                       " kind = 'refund.created', subject = 'refund', says = 'other', reference = 're_1', state = 'open',"
                       " received_at = NOW(), look_at = NOW() + INTERVAL 1 DAY")
    run("notice", "end", "evt_1", "--reason", "seen to")
    assert {act["account"] for act in run("audit", "list", merchant)["acts"]} == {"payment-operator@localhost"}
    stack.database.sql("UPDATE payments SET status = 'processing', due_at = NOW() - INTERVAL 1 DAY"
                       " ORDER BY created_at DESC LIMIT 1")
    run("payment", "resolve", payment, "--status", "succeeded", "--reason", "it did")
    stack.database.sql("UPDATE payments SET id = CONCAT(x'018CC251F400', SUBSTR(id, 7)), description = 'x'"
                       " ORDER BY created_at DESC LIMIT 1")
    assert run("forget", "--before", "2024-06-01")["payments"] == 1
    for statement in ("DELETE FROM audit", "UPDATE audit SET reason = NULL", "DROP TABLE audit",
                      "UPDATE payments SET amount = 1", "DELETE FROM payments"):
        with pytest.raises(SqlError) as refused:
            stack.database.sql(statement, user="payment-operator", password="secret of operators")
        assert refused.value.number in (1142, 1143)  # of the table, of a column
