# SPDX-License-Identifier: Apache-2.0
"""Orders of a line whose server line.yaml names: no verb needs --server, and a station tells the line by itself."""
import pytest

from conftest import EXAMPLE, Station
from test_orders import Line


pytest_plugins = ["postgres_server"]
PLANNERS = ["office"]


@pytest.fixture
def office(line, tmp_path):
    """Who plans: its line.yaml names a role that may."""
    station = Station(tmp_path / "office")
    line.join(station, "office")
    return station


def member(line, folder, role, **more):
    one = Line(folder / role)
    one.folder.mkdir()
    line.join(one.station, role, **more)
    return one


def home(office, name="WO-7"):
    order = office.json("order", "show", name).event("order")
    return [order[field] for field in ("leased", "claimed", "done", "failed")]


def test_no_verb_needs_the_server_by_hand(line, office, tmp_path):
    done = office.json("order", "new", EXAMPLE, "--quantity", 3, "--id", "WO-7", "--no-first-article")
    assert done.event("order")["state"] == "open"
    assert "imprint order lease WO-8" in office.run("order", "new", EXAMPLE, "--quantity", 3, "--id", "WO-8").err
    first = member(line, tmp_path, "st-01", **{"without-server": "continue"})
    assert first.station.json("order", "lease", "WO-7", 2).event("order-lease")["amount"] == 2
    told = first.make(1, "--order", "WO-7")
    assert told.event("order-synced")["entries"] > 0
    assert home(office) == [2, 1, 1, 0], "the run told the line"
    assert "order-synced" not in [one["event"] for one in first.station.json("order", "list").objects]
    assert [one["order"] for one in first.station.json("order", "list").objects] == ["WO-7", "WO-8"]

    line.kill()
    away = first.make(2, "--order", "WO-7", json_=False)
    assert "the line was not asked" in away.err and "imprint ledger sync" in away.err
    for words, advice in (("list",), "--local"), (("show", "WO-7"), "--local"), \
            (("lease", "WO-7", 1), "share"), (("sync",), "nothing is lost"), (("approve", "WO-8", "--operator", "4"), "nothing is changed"):
        error = first.station.json("order", *words, code=3).error
        assert error["reason"] == "server-away" and advice in error["next"], error
    assert first.station.json("order", "show", "WO-7", "--local").event("order")["done"] == 2
    assert first.station.json("order", "list", "--local").event("order")["quantity"] == 3
    # A return while it is away ends the leases here, and the line hears it later.
    assert "ended here" in first.station.json("order", "return", "WO-7", code=3).error["next"]
    assert first.station.json("order", "show", "WO-7", "--local").event("order-lease")["state"] == "closed"
    assert first.make(3, "--order", "WO-7", code=6).error["reason"] == "order-full"
    assert first.station.json("order", "return", "WO-0", code=2).error["reason"] == "usage"
    line.start()
    synced = first.station.json("ledger", "sync")
    assert synced.event("order-synced")["entries"] > 0 and synced.event("line-sent")["waiting"] == 0
    assert home(office) == [2, 2, 2, 0]
    assert first.station.json("order", "sync").event("order-synced")["entries"] == 0
    assert first.station.json("order", "return", "WO-7").event("order-returned")["leases"] == 0
    assert office.json("order", "close", "WO-7", "--operator", "3").event("order")["state"] == "closed"


def test_an_order_of_the_station_alone(line, tmp_path):
    """What a station made for itself is found there, whatever line.yaml says."""
    first = member(line, tmp_path, "st-01")
    assert first.station.json("order", "new", EXAMPLE, "--quantity", 2, "--local").event("order")["order"] == "WO-1"
    line.kill()
    try:
        assert first.order()["quantity"] == 2
        assert "its first article is not made" in first.station.json("order", "approve", "WO-1", "--operator", "4", code=6).error["cause"]
        assert first.station.json("order", "close", "WO-1").event("order")["state"] == "closed"
    finally:
        line.start()


def test_without_a_line(tmp_path):
    alone = Station(tmp_path / "alone")
    for words in (("lease", "WO-1", 1), ("return", "WO-1"), ("sync",)):
        error = alone.json("order", *words, code=2).error
        assert "no line.yaml" in error["cause"] and "docs/guide/line.md" in error["next"]
