# SPDX-License-Identifier: Apache-2.0
"""imprint report: its figures against a computation of our own, over entries of every kind; the page is safe and whole."""
import contextlib
import csv
import html.parser
import io
import json
import random
import re
import shutil
import sqlite3
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from conftest import EXAMPLE, TRUST_FLEX

BERLIN = {"TZ": "Europe/Berlin"}
BOARDS = [{}, {"board": {"name": "x"}}, {"board": {"firmware": "AB" * 32}}, {"board": {"name": "x", "firmware": "CD" * 32}}]
HOSTILE = '<script>alert(1)</script>&"\'\u202e\u0007'


def put_entries(station, entries):
    """In place of those of the ledger: what the report reads, without the hashes, which it leaves to `ledger verify`."""
    last = {}
    with contextlib.closing(sqlite3.connect(station.state / "ledger" / "ledger.db")) as database, database:
        database.execute("DELETE FROM entry")
        database.execute("DELETE FROM attempt")
        for seq, entry in enumerate(entries):
            text = json.dumps({**entry, "seq": seq}, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
            database.execute("INSERT INTO entry (log, seq, leaf, body) VALUES (1, ?, zeroblob(32), ?)", (seq, text))
            if entry["device"] is not None:
                database.execute("INSERT INTO attempt (seq, before) VALUES (?, ?)", (seq, last.get(entry["device"])))
                last[entry["device"]] = seq
        database.execute("UPDATE log SET size = ?, nodes = ?", (len(entries), b"\1" * 32 * bin(len(entries)).count("1")))


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def made_up(count, seed=1):
    """Entries of few devices, so that each has many, of every kind and result, over a change to summer time."""
    rng, boards = random.Random(seed), random.Random(seed + 1)
    now = datetime(2026, 3, 27, 20, tzinfo=timezone.utc)
    entries = []
    for _ in range(count):
        now += timedelta(seconds=rng.choice([5, 60, 600, 3000]))
        ended = now + timedelta(seconds=rng.choice([0, 3, 4, 7, 119, 120, 121, 130, 3599, 9999]))
        kind = rng.choice(["provision"] * 6 + ["board provision", "adopt", "retire", "board prove", "order new"])
        result = {"adopt": "confirmed", "retire": "retired", "board prove": "proven", "order new": "ordered"}.get(
            kind, rng.choice(["provisioned", "provisioned", "confirmed", "failed", "refused", "interrupted"]))
        failed = result in ("failed", "refused", "interrupted")
        device = f"0123{rng.randrange(count // 5):014X}"
        if kind == "order new" or (failed and rng.random() < 0.2):
            device = None
        entries.append({
            "format": "imprint-entry", "version": 1, "log": "x/0", "kind": kind, "result": result, "device": device,
            "reason": rng.choice(["device-silent", "proof-failed", "issuer-away"]) if failed else None,
            "station": rng.choice(["line-1", HOSTILE]), "order": rng.choice(["WO-1", "WO-2", None]),
            "profile": rng.choice([{"name": "board", "digest": "AB" * 32}, {"name": "board", "digest": "CD" * 32}, None]),
            "started": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "ended": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "time": ended.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "operator": "Anna",
            "evidence": {"rehearsal": rng.choice([[], [], ["virtual-chip"]]), "run": {"virtual": False, **boards.choice(BOARDS)}}})
    return entries


# ---- the definitions of the guide, once more

def is_attempt(entry):
    return entry["kind"] in ("provision", "board provision") and entry["result"] != "confirmed"


def rounded(seconds):
    return seconds if seconds <= 120 else 120 + -(-(min(seconds, 3600) - 120) // 10) * 10


def percentile(times, percent):
    return sorted(times)[-(-len(times) * percent // 100) - 1] if times else None


def expected(entries, wanted):
    """The figures of the attempts for which `wanted` holds, of `entries`, which are all production or all rehearsals."""
    tried, made = set(), set()
    figures = dict.fromkeys(("entered", "passed_first", "made", "attempts", "failed", "without_device"), 0)
    times, hours = [], set()
    for entry in filter(is_attempt, entries):
        device, passed = entry["device"], entry["result"] == "provisioned"
        first, new = device is not None and device not in tried, passed and device not in made
        tried.add(device)
        made.update([device] if passed else [])
        if not wanted(entry):
            continue
        figures["attempts"] += 1
        figures["failed"] += not passed
        figures["without_device"] += device is None
        figures["entered"] += first
        figures["passed_first"] += first and passed
        figures["made"] += new
        hours.add(moment(entry["ended"]).timestamp() // 3600)
        if passed:
            times.append(rounded(int((moment(entry["ended"]) - moment(entry["started"])).total_seconds())))
    entered = figures["entered"]
    return {**figures, "hours": len(hours), "first_pass_permille": figures["passed_first"] * 1000 // entered if entered else None,
            "cycle_median_s": percentile(times, 50), "cycle_90_percent_s": percentile(times, 90),
            "made_per_10_hours": (figures["made"] * 10 + len(hours) // 2) // len(hours) if hours else None}


def shift_of(entry):
    local = moment(entry["ended"]).astimezone(ZoneInfo("Europe/Berlin"))
    for begin in ("22:00", "14:00", "06:00"):
        if local.strftime("%H:%M") >= begin:
            return local.strftime("%Y-%m-%d ") + begin
    return (local - timedelta(days=1)).strftime("%Y-%m-%d ") + "22:00"


NAMES = {"firmware": lambda entry: entry["evidence"]["run"].get("board", {}).get("firmware"), "period": shift_of, "order": lambda entry: entry["order"], "station": lambda entry: entry["station"],
         "profile": lambda entry: entry["profile"] and f"{entry['profile']['name']} ({entry['profile']['digest'][:8]})"}


@pytest.fixture
def line(provisioned):
    """A ledger with made-up entries."""
    provisioned.entries = made_up(600)
    put_entries(provisioned, provisioned.entries)
    return provisioned


@pytest.mark.parametrize("rehearsals", [False, True])
def test_figures_are_those_of_the_definitions(line, rehearsals):
    entries = [entry for entry in line.entries if bool(entry["evidence"]["rehearsal"]) == rehearsals]
    words = ["report", "--shifts", "06:00,14:00,22:00"] + ["--rehearsals"] * rehearsals
    objects = line.json(*words, env=BERLIN).objects
    total = objects[0]
    assert expected(entries, lambda entry: True).items() <= total.items()
    assert total["attempts"] > 100 and 0 < total["first_pass_permille"] < 1000 and total["without_device"] > 0
    groups = {(item["by"], item["name"]): item for item in objects if item["event"] == "report-group"}
    found = {(by, name(entry)) for by, name in NAMES.items() for entry in filter(is_attempt, entries)}
    assert set(groups) == found and len(found) > 10
    for (by, name), item in groups.items():
        wanted = expected(entries, lambda entry, by=by, name=name: NAMES[by](entry) == name)
        assert wanted.items() <= item.items(), (by, name)
    reasons = [(item["attempts"], item["reason"]) for item in objects if item["event"] == "report-reason"]
    assert dict((reason, count) for count, reason in reasons) == {
        reason: sum(is_attempt(entry) and entry["reason"] == reason for entry in entries)
        for reason in ("device-silent", "proof-failed", "issuer-away")}
    assert [count for count, _ in reasons] == sorted((count for count, _ in reasons), reverse=True)
    left_out = total["not_counted"]
    assert left_out["other_mode"] == sum(is_attempt(entry) for entry in line.entries) - total["attempts"]
    assert left_out["confirmed"] == sum(entry["result"] == "confirmed" and entry["kind"] != "adopt" for entry in line.entries)
    for why, kind in (("adopted", "adopt"), ("retired", "retire"), ("proven", "board prove"), ("other", "order new")):
        assert left_out[why] == sum(entry["kind"] == kind for entry in line.entries)
    assert sum(left_out.values()) + total["attempts"] == total["entries"] == 600


def test_days_orders_and_bounds(line):
    """Reports of single days sum up to that of all: a device enters and is made once."""
    entries = [entry for entry in line.entries if not entry["evidence"]["rehearsal"]]
    days = sorted({moment(entry["ended"]).astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d") for entry in filter(is_attempt, entries)})
    total = line.json("report", env=BERLIN).event("report")
    single = [line.json("report", "--from", day, "--to", day, env=BERLIN).event("report") for day in days]
    assert len(days) > 3
    for figure in ("entered", "passed_first", "made", "attempts", "failed"):
        assert sum(item[figure] for item in single) == total[figure]
    assert single[1]["from"].endswith("T00:00:00+01:00") and single[1]["first"] >= single[1]["from"]
    order = line.json("report", "--order", "WO-1").event("report")
    assert expected(entries, lambda entry: entry["order"] == "WO-1").items() <= order.items()
    ended = sorted(entry["ended"] for entry in filter(is_attempt, entries))
    half = line.json("report", "--from", ended[50][:16] + "Z").event("report")
    assert half["attempts"] == sum(end >= ended[50][:16] for end in ended)
    assert line.json("report", "--order", "no-such").event("report")["attempts"] == 0


def test_firmware_of_boards(line):
    """Which failures came with which image: all digits for programs, the first for people; a line without boards sees nothing of it."""
    text = line.run("report").out
    assert re.search(r"^firmware +entered", text, re.M) and re.search(r"^CDCDCDCDCDCDCDCD\.\.\. +\d", text, re.M) and re.search(r"^\(unknown\) +\d", text, re.M)
    firmware = NAMES["firmware"]
    rows = list(csv.DictReader(io.StringIO(line.run("ledger", "list", "--csv").out)))
    assert [row["firmware"] or None for row in rows] == [firmware(entry) for entry in line.entries]
    assert [one.get("firmware") for one in line.json("ledger", "list").objects] == [firmware(entry) for entry in line.entries]
    put_entries(line, [{**entry, "evidence": {**entry["evidence"], "run": {"virtual": False}}} for entry in line.entries])
    assert "firmware" not in line.run("report").out + line.run("report", "--csv").out + line.json("report").out
    page = line.folder / "report.html"
    line.run("report", "--html", page)
    assert "By firmware" not in page.read_text()


def test_csv_has_the_same_figures(line):
    rows = list(csv.DictReader(io.StringIO(line.run("report", "--csv").out)))
    objects = line.json("report").objects
    assert (rows[0]["by"], rows[0]["name"]) == ("production", "") and int(rows[0]["made"]) == objects[0]["made"]
    groups = [item for item in objects if item["event"] == "report-group"]
    assert [(row["by"], row["name"] or None) for row in rows[1:1 + len(groups)]] == [
        (item["by"], item["name"] and item["name"].replace("\u202e", "\\xE2\\x80\\xAE").replace("\a", "\\x07")) for item in groups]
    for row, item in zip(rows[1:], groups):
        assert int(row["attempts"]) == item["attempts"]
        assert round(float(row["first_pass_yield_percent"] or 0) * 10) == (item["first_pass_permille"] or 0)
    assert line.run("report", "--csv").raw.endswith(b"\r\n")


class Page(html.parser.HTMLParser):
    """Every element closed, none that loads or runs something; the text of all."""
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        assert all(name in {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "xmlns", "viewbox", "role",
                            "aria-labelledby", "id", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "text-anchor"} for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_the_page(line):
    file = line.folder / "report.html"
    said = line.json("report", "--html", file, "--shifts", "06:00,18:00", env=BERLIN)
    assert said.event("report-written")["file"] == str(file)
    text, total = file.read_text(), said.event("report")
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "a"} & set(page.seen) and page.seen.count("svg") == 3
    assert page.seen.count("desc") == 3 and page.seen.count("title") == 4
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"] * 3 and "url(" not in text
    assert "<script>alert(1)</script>&\"'\ufffd\ufffd" in page.words, "a hostile name is text"
    assert f"{total['made']}devices made" in page.words and total["root"] in page.words and "UTC+0" in page.words
    assert f"{total['first_pass_permille'] // 10}.{total['first_pass_permille'] % 10}\xa0%first pass yield" in page.words
    assert "By firmware" in page.words and "ABABABABABABABAB..." in page.words and "ABABABABABABABABAB" not in page.words and "(unknown)" in page.words
    assert "(no order)" in page.words and "belong to no order" in page.words and "REHEARSAL" not in page.words
    line.run("report", "--html", file, "--rehearsals")
    assert "REHEARSAL" in Page(file.read_text()).words


def test_a_page_without_an_attempt(line):
    file = line.folder / "report.html"
    line.run("report", "--html", file, "--order", HOSTILE)
    page = Page(file.read_text())
    assert "svg" not in page.seen and "no attempt" in page.words and "script" not in page.seen


def test_real_runs(delivered):
    """What the program itself writes: a refusal, a success, a confirmation, a part that does not fit."""
    delivered.run("provision", EXAMPLE, code=1)
    delivered.run("provision", EXAMPLE, "--arm", "profile", "--operator", "17")
    delivered.run("provision", EXAMPLE)
    delivered.run("provision", TRUST_FLEX, code=4)
    delivered.run("--device", "virtual:/nothing/there", "provision", EXAMPLE, code=3)
    result = delivered.run("report")
    assert "no attempt in this range" in result.out and "--rehearsals" in result.err
    total = delivered.json("report", "--rehearsals").event("report")
    assert {"entered": 1, "passed_first": 0, "made": 1, "attempts": 4, "failed": 3, "without_device": 1, "no_order": 4}.items() <= total.items()
    text = delivered.run("report", "--rehearsals").out
    assert "first pass yield   0.0 %   (0 of 1 devices)" in text and "       1  not-armed\n" in text and "       1  confirming runs\n" in text
    assert "\\x0A" not in text


def test_usage(provisioned):
    for words, cause in [
            (["--from", "2026-02-30"], "not a day or a time"), (["--to", "yesterday"], "not a day or a time"),
            (["--from", "2026-02-02", "--to", "2026-02-01"], "the end is not after the beginning"),
            (["--shifts", "14:00,06:00"], "not the times at which shifts begin"), (["--shifts", "24:00"], "not the times"),
            (["--shifts", "06:00,"], "not the times"), (["--csv", "--html", "x"], "--csv and --html are two forms")]:
        error = provisioned.json("report", *words, code=2).error
        assert cause in error["cause"] and error["next"]
    assert not (provisioned.folder / "x").exists()


def test_what_the_report_reads_is_not_written(provisioned):
    for name in ("ledger.db", "log.key"):
        before = (provisioned.state / "ledger" / name).read_bytes()
        provisioned.json("report", "--html", provisioned.state / "ledger" / name, code=2)
        assert (provisioned.state / "ledger" / name).read_bytes() == before
    error = provisioned.json("report", "--html", provisioned.folder / "no" / "such", code=2).error
    assert error["doing"] == "write the report" and error["system"] == "No such file or directory"


def test_damage_is_reported(line):
    with contextlib.closing(sqlite3.connect(line.state / "ledger" / "ledger.db")) as database, database:
        database.execute("UPDATE entry SET body = '{' WHERE seq = 3")
    result = line.json("report")
    assert result.event("report")["not_counted"]["unreadable"] == 1 and "ledger verify" in result.event("warning")["text"]
    with contextlib.closing(sqlite3.connect(line.state / "ledger" / "ledger.db")) as database, database:
        database.execute("DELETE FROM entry WHERE seq > 400")
    assert "ledger verify" in line.json("report", code=6).error["next"]
    shutil.rmtree(line.state / "ledger")
    assert "no ledger yet" in line.json("report", code=1).error["cause"]
