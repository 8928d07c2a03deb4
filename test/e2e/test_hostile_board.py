# SPDX-License-Identifier: Apache-2.0
"""Boards that lie. A filter between the console and the station, or a program of ours instead of the board, plays each attack; each is refused."""
import json
import re

import pytest

from conftest import openssl, run_program
from host_board import FACTORY, PRIMARY, Board, crc, words_of
from test_host_board import Line


@pytest.fixture
def line(station):
    return Line(station)


def lying(change):
    """A filter that gives each whole frame to `change` and sends each line that it returns, with a right checksum; "" is not sent."""
    held = b""

    def passes(chunk):
        nonlocal held
        *lines, held = (held + chunk).split(b"\n")
        out = b""
        for item in lines:
            text = item.decode("latin-1").rstrip("\r")
            if words_of(text):
                text = change(text[:-6])
                text = "\r\n".join(f"{one} *{crc(one)}" for one in text.split("\n") if one)
                if not text:
                    continue
            out += text.encode("latin-1") + b"\r\n"
        return out
    return passes


def record_of(line):
    return line.station.device / "record.json"


def test_the_station_chooses_what_is_signed(line):
    """Each run has a new nonce, every key signs it, and it is the record's challenge."""
    sent = []

    def listen(chunk):
        sent.extend(re.findall(rb"@run [0-9A-F]{18} ([0-9A-F]{64}) ", chunk))
        return chunk
    with line.boot(to_board=listen) as board:
        line.provision(board)
        line.provision(board)
    assert len(sent) == 2 and sent[0] != sent[1]
    assert {key["proof"]["challenge"] for key in line.station.record["keys"]} == {sent[0].decode()}


def test_a_recorded_session_is_refused(line):
    """The answers of an honest board, sent again to another station."""
    with line.boot() as board:
        line.provision(board)
        said = board.heard.decode()
    proofs = {words_of(item)[1]["id"]: item.strip()[:-6] for item in said.splitlines() if (words_of(item) or "?")[0] == "proof"}
    assert set(proofs) == {"16", "18"}
    line.station.state.rename(line.station.folder / "the first station")
    with line.boot(to_station=lying(lambda text: proofs[words_of(f"{text} *{crc(text)}")[1]["id"]] if text.startswith("@proof ")
                                    else text)) as board:
        failed = line.provision_json(board, code=1)
    assert failed.error["reason"] == "proof-failed" and "challenge" in failed.error["cause"]
    assert not (line.station.state / "devices").exists(), "nothing is recorded, no request is released"


def test_a_replayed_signature_under_the_new_challenge_is_refused(line):
    """The same, with the station's own nonce written beside the old signature."""
    old, nonce = {}, [b""]

    def listen(chunk):
        for found in re.findall(rb"@run [0-9A-F]{18} ([0-9A-F]{64}) ", chunk):
            nonce[0] = found
        return chunk

    def replay(text):
        values = (words_of(f"{text} *{crc(text)}") or ("", {}))[1]
        if not text.startswith("@proof "):
            return text
        signature = old.setdefault(values["id"], values["signature"])
        return f"@proof id={values['id']} hash={values['hash']} challenge={nonce[0].decode()} signature={signature}"
    with line.boot(to_station=lying(replay), to_board=listen) as board:
        line.provision(board)
        failed = line.provision_json(board, code=1)
    assert failed.error["reason"] == "proof-failed" and "does not verify" in failed.error["cause"]


def test_another_key_that_is_called_new_is_refused(line):
    """A board with other keys says created=yes: a recorded key of a board never changes."""
    with line.boot() as board:
        line.provision(board)
    record = line.station.record
    other = record["keys"][0]["public_key"]
    record["keys"][1]["public_key"] = other  # what an honest run had recorded
    record_of(line).write_text(json.dumps(record))
    with line.boot(to_station=lying(lambda text: text.replace("created=no", "created=yes"))) as board:
        failed = line.provision_json(board, code=4)
    assert failed.error["reason"] == "foreign-key" and failed.error["key_id"] == 18
    assert line.station.record["keys"][1]["public_key"] == other, "the record is left as it is"


@pytest.mark.parametrize("lie", ["ATECC608A", "ATECC508A", "nonsense"])
def test_the_part_is_read_in_the_config_zone(line, lie):
    with line.boot(to_station=lying(lambda text: re.sub(r"part=\S+", f"part={lie}", text))) as board:
        line.provision(board)
    assert line.station.record["part"] == line.station.json("--device", f"virtual:{line.chip}", "info").event("chip")["part"]


def test_a_key_that_has_signed_must_sign_again(line):
    """The primary application says signs=no and does not sign."""
    with line.boot() as board:
        line.provision(board)
    lie = lying(lambda text: "" if text.startswith("@signature ") else text.replace("signs=yes", "signs=no"))
    with line.boot(PRIMARY, to_station=lie) as board:
        failed = line.station.json("board", "prove", "--console", board.console, code=1)
    assert failed.error["reason"] == "proof-failed"
    assert "primary" not in line.station.record


def test_another_device_than_planned_is_not_recorded(line):
    """A board shows the plan of one device, and the keys of another that has all it needs: its own serial number, keys and proofs."""
    (line.station.folder / "other").mkdir()
    other = Line(line.station.__class__(line.station.folder / "other"))
    other.chip.unlink()
    other.station.run("virtual", "new", "--seed", "7", other.chip)
    serial = other.info()["serial"]
    assert serial != line.serial
    held, nonce, steps = [b""], [], []
    with Board(FACTORY, other.chip, other.flash) as second:
        second.wait_for("@hello")
        other.serial = serial
        other.arm(second)

        def answer(chunk):
            *lines, held[0] = (held[0] + chunk).split(b"\n")
            out = b""
            for item in lines:
                words = words_of(item.decode("latin-1"))
                if words and words[0] == "chip":
                    steps.append(words[1])
                if words and words[0] == "ok" and words[2] == ["run"] and nonce:
                    said = second.ask(f"run {serial} {nonce[-1]}")[1]
                    text = f"@chip serial={serial} part={steps[-1]['part']} steps={steps[-1]['steps']} changes=0"
                    out += f"{text} *{crc(text)}\r\n".encode()
                    out += b"".join(line.strip().encode() + b"\r\n" for line in said.splitlines() if line.startswith("@") and "@ok" not in line)
                out += b"" if words and words[0] in ("key", "proof", "config", "result", "csr") else item + b"\n"
            return out

        def listen(chunk):
            nonce.extend(found.decode() for found in re.findall(rb"@run [0-9A-F]{18} ([0-9A-F]{64}) ", chunk))
            return chunk
        with line.boot(to_station=answer, to_board=listen) as board:
            failed = line.provision_json(board, "--only", line.serial, code=4)
    assert failed.error["reason"] == "wrong-part"
    assert not (line.station.state / "devices").exists(), "neither device is recorded"


@pytest.mark.parametrize("change", [("key=18", ""), ("key=18", "key=99"), ("action=generate-key", "action=lock-slot"),
                                    ("action=generate-key", "action=write-config")], ids=lambda change: change[1] or "none")
def test_a_step_that_the_profile_does_not_need_is_no_plan(line, change):
    """A key's step without its key, with a strange one, or of another kind: it is not taken, and the plan is not complete."""
    def lie(text):
        return text.replace(*change) if text.startswith("@step ") and "action=generate-key" in text else text
    with line.boot(to_station=lying(lie)) as board:
        failed = line.provision_json(board, code=3)
    assert failed.error["reason"] == "device-garbled"


@pytest.mark.parametrize("command", ["run 01 00", "run 01230015D655592701 00", "run 01230015D655592701 " + "0" * 66])
def test_a_nonce_of_another_length_is_refused(line, command):
    with line.boot() as board:
        frames, _ = board.ask(command)
        assert frames[-1][0] == "error" and frames[-1][1]["reason"] == "usage"
        assert not [item for item in frames if item[0] in ("started", "key", "proof", "csr")], "nothing has run"


# --- the record ---------------------------------------------------------------------------------------------------------


def test_a_damaged_record_is_kept_and_written_anew(line):
    with line.boot() as board:
        line.provision(board)
        record_of(line).write_text("{")
        done = line.provision(board)
        assert "record.json.damaged" in done.err
        assert [key["key_id"] for key in line.station.record["keys"]] == [16, 18]
        assert record_of(line).with_name("record.json.damaged").read_text() == "{"
        line.provision(board)


def test_a_request_that_cannot_be_written(line):
    """The record is kept; no evidence is claimed on stdout."""
    with line.boot() as board:
        line.provision(board)
        request = line.station.device / "board.csr"
        request.unlink()
        request.mkdir()
        failed = line.provision_json(board, code=5)
    assert failed.error["reason"] == "record-failed"
    assert "stdout" not in failed.error["next"] and "request" in failed.error["next"]
    assert "evidence" not in [item["event"] for item in failed.objects]


def test_a_request_is_kept(line):
    """What was sent to a certificate authority stays what is here; a file that is another request is replaced."""
    with line.boot() as board:
        first = line.provision_json(board).event("csr")
        assert first["subject"] == f"CN={line.serial},O=Example Devices"
        path = line.station.device / "board.csr"
        kept, when = path.read_bytes(), path.stat().st_mtime_ns
        again = line.provision_json(board).event("csr")
        assert (path.read_bytes(), path.stat().st_mtime_ns) == (kept, when) and again["pem"] == kept.decode() == first["pem"]
        path.write_bytes(kept[:-60])
        line.provision(board)
        assert "verify OK" in openssl("req", "-in", path, "-noout", "-verify") and path.read_bytes() != kept


def test_a_board_begins_no_history_by_its_word(line):
    """A failed run of a board goes to a device that this station knows, and says that only the board names it; else nowhere."""
    with line.boot() as board:
        failed = line.provision_json(board, "--only", "0123" + "0" * 14, code=4)
        assert failed.event("run")["serial"] is None and failed.event("run")["error"]["reason"] == "wrong-part"
    assert not (line.station.state / "devices").exists()
    with line.boot() as board:
        line.provision_json(board)
        line.provision_json(board, "--only", "0123" + "0" * 14, code=4)
    assert [(entry["result"], entry["serial_checked"]) for entry in line.station.history] == [("provisioned", True), ("refused", False)]


def test_the_history_of_a_board_holds(line):
    """Its own proofs and those of the primary application, each verified from the text alone."""
    with line.boot() as board:
        line.provision_json(board)
    with line.boot(PRIMARY) as board:
        proved = line.station.json("board", "prove", "--console", board.console)
    kept = line.station.history
    assert [entry["result"] for entry in kept] == ["provisioned", "proven"]
    assert kept[0]["serial_checked"] and kept[0]["run"]["transport"] == "console" and kept[0]["run"]["board"]["name"] == "host"
    assert {**kept[1], "event": "run"} == proved.event("run")
    checked = run_program("--json", "verify-record", line.station.device / "history.jsonl").objects
    assert [(item["line"], item["check"], item["key_id"]) for item in checked if item["event"] == "check" and item["result"] == "good"
            and "proof" in item["check"]] == [(1, "key-proof", 16), (1, "key-proof", 18), (2, "primary-proof", 16), (2, "primary-proof", 18)]
    text = (line.station.device / "history.jsonl").read_text()
    signature = kept[1]["primary"]["keys"][1]["signature"]
    run_program("verify-record", "-", stdin=text.replace(signature, signature[::-1]), code=1)
