"""The schema: its states, and upgrades, of which one runs at a time.

SPDX-License-Identifier: MIT
"""

import contextlib
import json
import os
import shutil
import subprocess

import pytest
from harness.process import wait_until
from harness.servers import ADMIN_PROGRAM, SOURCE
from harness.stack import Stack

SQL = os.path.join(SOURCE, "sql")
CURRENT = max(int(name[:4]) for name in os.listdir(SQL) if name[0] == "0")  # the version that a new schema has
NEWER = CURRENT + 1
INSERT_NEWER = f"INSERT INTO schema_version (version, started_at, completed_at) VALUES ({NEWER}, NOW(), NOW())"
DELETE_NEWER = f"DELETE FROM schema_version WHERE version = {NEWER}"


@pytest.fixture(scope="module")
def bare():
    """A database of its own, whose schema a test may break."""
    with Stack() as running:
        yield running


@pytest.fixture
def empty(bare):
    """A configuration whose database has no table."""
    bare.database.sql("DROP DATABASE IF EXISTS bare; CREATE DATABASE bare", database="mysql")
    config = bare.config + ".bare"
    with open(bare.config, encoding="utf-8") as original, open(config, "w", encoding="utf-8") as copy:
        copy.write(original.read().replace("database = payment_api", "database = bare"))
    return config


def slow_migrations(folder, seconds):
    """The migrations, the last of which takes its time when it has begun."""
    slow = os.path.join(folder, "slow")
    shutil.copytree(SQL, slow)
    last = next(os.path.join(slow, name) for name in os.listdir(slow) if name.startswith(f"{CURRENT:04}"))
    with open(last, encoding="utf-8") as file:
        first, rest = file.read().split(";", 1)
    with open(last, "w", encoding="utf-8") as file:
        file.write(f"{first};\nDO SLEEP({seconds});{rest}")
    return slow


@contextlib.contextmanager
def upgrading(config, directory):
    """A schema upgrade that runs while the test goes on."""
    process = subprocess.Popen([ADMIN_PROGRAM, "--config", config, "schema", "upgrade", "--directory", directory],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def has_begun(database):
    """True when the last migration of the database bare has begun."""
    return database.sql(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'bare' AND table_name = 'schema_version'") and \
        database.sql(f"SELECT 1 FROM schema_version WHERE version = {CURRENT}", database="bare")


def test_schema_states(bare):
    database = bare.database
    assert bare.admin("schema", "status") == {
        "version": CURRENT, "expected": CURRENT, "state": "current", "running": None}
    assert bare.try_admin("schema", "upgrade", "--directory", SQL).returncode == 0  # nothing to do

    database.sql(INSERT_NEWER)
    for arguments in (("schema", "status"), ("schema", "upgrade"), ("merchant", "list")):
        result = bare.try_admin(*arguments)
        assert result.returncode == 1
        assert "newer" in result.stdout + result.stderr
    database.sql(DELETE_NEWER)

    database.sql("UPDATE schema_version SET completed_at = NULL")
    for arguments in (("schema", "status"), ("schema", "upgrade"), ("merchant", "list")):
        result = bare.try_admin(*arguments)
        assert result.returncode == 1
        assert "--resume" in result.stdout + result.stderr
    assert bare.try_admin("schema", "upgrade", "--resume", "--directory", SQL).returncode == 0
    assert bare.admin("schema", "status")["state"] == "current"
    assert len(bare.admin("merchant", "list")["merchants"]) == 1  # nothing was lost


def test_workers_refuse_a_schema_that_is_not_theirs(bare):
    bare.database.sql(INSERT_NEWER)
    bare.workers.stop()
    bare.workers.start(wait=False)
    assert bare.workers.wait(20) == 78  # EX_CONFIG
    assert "newer than this program" in bare.workers.log()
    bare.database.sql(DELETE_NEWER)
    bare.workers.start()


@pytest.mark.parametrize("completed_at", ["NOW()", "NULL"])
def test_workers_go_on_with_a_newer_schema_that_says_so(bare, completed_at):
    """While its migration runs, too: the old workers serve until they are replaced."""
    bare.database.sql("INSERT INTO schema_version (version, started_at, completed_at, oldest_program)"
                      f" VALUES ({NEWER}, NOW(), {completed_at}, {CURRENT})")
    try:
        bare.workers.stop()
        bare.workers.start()
        assert bare.client.pay().status_code == 201
        status = bare.admin("schema", "status")
        assert (status["state"], status["expected"]) == ("newer-compatible", CURRENT)
        assert bare.try_admin("check").returncode == 0
        assert bare.try_admin("schema", "upgrade").returncode == 0  # and there is nothing to do for it
        bare.database.sql(f"UPDATE schema_version SET oldest_program = {NEWER} WHERE version = {NEWER}")
        assert bare.try_admin("schema", "status").returncode == 1
    finally:
        bare.database.sql(DELETE_NEWER)


def test_empty_schema(bare, empty):
    result = bare.try_admin("schema", "status", config=empty)
    assert (result.returncode, result.stdout.split(":")[0]) == (1, "empty")
    assert "payment-admin schema upgrade" in result.stdout
    wrong = bare.try_admin("schema", "upgrade", "--directory", "/nonexistent", config=empty)
    assert wrong.returncode == 1 and "--directory" in wrong.stderr
    assert bare.try_admin("schema", "upgrade", "--directory", SQL, config=empty).returncode == 0


def test_one_of_many_upgrades_runs(empty, tmp_path):
    slow = slow_migrations(tmp_path, 2)
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(upgrading(empty, slow)) for _ in range(4)]
        errors = [process.communicate()[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1, 1, 1], errors
    assert sum("another upgrade is running since 20" in error for error in errors) == 3, errors


def test_an_upgrade_that_runs_is_not_resumed(bare, empty, tmp_path):
    with upgrading(empty, slow_migrations(tmp_path, 5)) as running:
        wait_until(lambda: has_begun(bare.database), 10, "the last migration")
        for arguments in (("upgrade",), ("upgrade", "--resume")):
            result = bare.try_admin("schema", *arguments, "--directory", SQL, config=empty)
            assert result.returncode == 1
            assert "another upgrade is running since 20" in result.stderr and f"process {running.pid}," in result.stderr
        status = bare.try_admin("--json", "schema", "status", config=empty)
        assert json.loads(status.stdout)["running"]["process"] == running.pid
        assert running.wait(20) == 0
    assert bare.try_admin("schema", "status", config=empty).returncode == 0


def test_an_upgrade_that_was_killed_is_resumed_when_its_statement_has_ended(bare, empty, tmp_path):
    with upgrading(empty, slow_migrations(tmp_path, 600)) as running:
        wait_until(lambda: has_begun(bare.database), 10, "the last migration")
        running.kill()
        running.wait()
        # The server does not look whether a client is still there while it works.
        result = bare.try_admin("schema", "upgrade", "--resume", "--directory", SQL, config=empty)
        assert result.returncode == 1 and "another upgrade is running since 20" in result.stderr
        (connection,), = bare.database.sql("SELECT connection FROM schema_upgrade", database="bare")
        bare.database.sql(f"KILL {connection}")
    result = bare.try_admin("schema", "upgrade", "--directory", SQL, config=empty)
    assert result.returncode == 1 and "does not run any more" in result.stderr and "--resume" in result.stderr
    assert bare.try_admin("schema", "upgrade", "--resume", "--directory", SQL, config=empty).returncode == 0
    assert bare.database.sql("SELECT COUNT(*) FROM schema_upgrade", database="bare") == [["0"]]
