# SPDX-License-Identifier: Apache-2.0
"""An order of a line: two stations take shares of it from a PostgreSQL, and go on without it."""
import pytest

import postgres_server
from conftest import EXAMPLE, Station
from test_orders import Line

GRANT = ("GRANT SELECT ON imprint_version TO \"{0}\"",
         "GRANT SELECT, INSERT, UPDATE, DELETE ON work_order, order_board, lease, unit, board, order_heard TO \"{0}\"")


@pytest.fixture(scope="module")
def postgres():
    with postgres_server.running() as server:
        assert server.sql("CREATE DATABASE line", "CREATE ROLE \"st-01\" LOGIN", "CREATE ROLE \"st-02\" LOGIN", database="postgres") == ""
        (server.folder / "data" / "pg_hba.conf").write_text("local all all trust\n")
        server.kill()
        server.start()
        yield server


def test_two_stations_share_an_order(postgres, tmp_path):
    office = Station(tmp_path / "office")
    owner = ("--server", postgres.settings())
    made = office.json("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-7", "--operator", "3", *owner).event("order")
    assert (made["order"], made["state"], made["quantity"]) == ("WO-7", "new", 5)
    for role in ("st-01", "st-02"):
        assert postgres.sql(*(text.format(role) for text in GRANT)) == ""
    first, second = Line(tmp_path / "one"), Line(tmp_path / "two")
    at = {line: ("--server", postgres.settings(role)) for line, role in ((first, "st-01"), (second, "st-02"))}
    for line in at:
        line.folder.mkdir()

    def at_home():
        order = office.json("order", "show", "WO-7", *owner).event("order")
        return [order[field] for field in ("leased", "claimed", "done", "failed")]

    # The first article, and its approval by another person.
    assert first.station.json("order", "lease", "WO-7", 3, *at[first]).event("order-lease")["amount"] == 1
    refused = second.station.json("order", "lease", "WO-7", 3, *at[second], code=6).error
    assert refused["reason"] == "order-refused" and "first article" in refused["cause"]
    first.make(1, "--order", "WO-7", "--operator", "17")
    assert at_home() == [1, 0, 0, 0], "the home has not heard of it"
    assert first.station.json("order", "sync", *at[first]).event("order-synced")["entries"] > 0
    assert first.station.json("order", "sync", *at[first]).event("order-synced")["entries"] == 0
    assert at_home() == [1, 1, 1, 0]
    assert "another person" in office.json("order", "approve", "WO-7", "--operator", "17", *owner, code=6).error["cause"]
    office.run("order", "approve", "WO-7", "--operator", "4", *owner)

    # Shares; a station makes its devices while the server is away, and no more.
    assert first.station.json("order", "lease", "WO-7", 2, *at[first]).event("order-lease")["amount"] == 2
    assert second.station.json("order", "lease", "WO-7", 9, *at[second]).event("order-lease")["amount"] == 2
    assert second.station.json("order", "lease", "WO-7", 1, *at[second], code=6).error["reason"] == "order-full"
    postgres.kill()
    away = first.station.json("order", "sync", *at[first], code=3).error
    assert away["reason"] == "server-away"
    first.make(2, "--order", "WO-7")
    second.make(3, "--order", "WO-7")
    second.make(4, "--order", "WO-7")
    full = second.make(5, "--order", "WO-7", code=6).error
    assert full["reason"] == "order-full" and "share" in full["cause"] and "order lease" in full["next"]
    assert second.station.json("order", "return", "WO-7", *at[second], code=3).error["reason"] == "server-away"
    postgres.start()
    second.station.run("order", "sync", *at[second])
    # The first gives its rest back, the second takes it; a device that the first made is counted once.
    first.station.run("order", "return", "WO-7", *at[first])
    assert at_home() == [4, 4, 4, 0]
    assert first.make(6, "--order", "WO-7", code=6).error["reason"] == "order-full"
    assert second.station.json("order", "lease", "WO-7", 9, *at[second]).event("order-lease")["amount"] == 1
    second.make(5, "--order", "WO-7")
    second.station.run("order", "sync", *at[second])
    assert at_home() == [5, 5, 5, 0]
    assert {item["state"] for item in office.json("order", "show", "WO-7", *owner).objects if item["event"] == "order-lease"} == {"open", "closed", "refused"}
    office.run("order", "close", "WO-7", "--operator", "3", *owner)
    assert second.station.json("order", "lease", "WO-7", 1, *at[second], code=6).error["reason"] == "order-refused"
    for line in at:
        line.station.run("ledger", "rebuild")
        line.station.json("ledger", "verify")
        line.station.run("order", "sync", *at[line])
        assert line.station.json("order", "sync", *at[line]).event("order-synced")["entries"] == 0
    assert office.json("order", "list", code=0).objects == [], "the line's order is not the office's own"


def test_an_older_copy_of_a_ledger_is_refused(postgres, tmp_path):
    office, line = Station(tmp_path / "office"), Line(tmp_path / "one")
    line.folder.mkdir()
    owner, own = ("--server", postgres.settings()), ("--server", postgres.settings("st-01"))
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-8", "--no-first-article", *owner)
    line.station.run("order", "lease", "WO-8", 3, *own)
    copy = tmp_path / "copy.db"
    line.station.run("ledger", "backup", copy)
    line.make(1, "--order", "WO-8")
    line.station.run("order", "sync", *own)
    for path in (line.station.state / "ledger").glob("ledger.db*"):
        path.unlink()
    (line.station.state / "ledger" / "ledger.db").write_bytes(copy.read_bytes())
    (line.station.state / "ledger" / "ledger.db").chmod(0o600)
    assert line.station.json("order", "sync", *own, code=6).error["reason"] == "duplicate"
    line.make(2, "--order", "WO-8")
    assert "older copy" in line.station.json("order", "sync", *own, code=6).error["cause"]
