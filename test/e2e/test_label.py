# SPDX-License-Identifier: Apache-2.0
"""imprint label: zbar reads the QR code of every format back; text is escaped; a mistyped serial number is refused."""
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as xml

import pytest
from conftest import EXAMPLE

SVG = "{http://www.w3.org/2000/svg}"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ZBAR = pytest.mark.skipif(shutil.which("zbarimg") is None, reason="no zbarimg")


def check_character(text):
    """ISO/IEC 7064 MOD 37,36, in its other form: each place has a weight."""
    total = 36
    for place in text:
        total = (total + ALPHABET.index(place)) % 36 or 36
        total = total * 2 % 37
    return ALPHABET[(37 - total) % 36]


def read_back(path):
    done = subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, text=True, check=False)
    return done.stdout.split()


def portable_gray(path, rows):
    """A picture that zbarimg reads, of rows of booleans."""
    path.write_bytes(b"P5 %d %d 255\n" % (len(rows[0]), len(rows)) + b"".join(bytes(0 if dot else 255 for dot in row) for row in rows))
    return path


def svg_dots(text, scale):
    """The squares of the drawing as rows of dots."""
    root = xml.fromstring(text)
    width, height = (int(side) // scale + 1 for side in root.get("viewBox").split()[2:])
    rows = [[False] * width for _ in range(height)]
    for left, top, side in re.findall(r"M(\d+) (\d+)h(\d+)", root.find(SVG + "path").get("d")):
        for y in range(int(top) // scale, (int(top) + int(side)) // scale):
            for x in range(int(left) // scale, (int(left) + int(side)) // scale):
                rows[y][x] = True
    return rows


def zpl_dots(text, width, height):
    left, top, total, row_bytes, data = re.search(r"\^FO(\d+),(\d+)\^GFA,\d+,(\d+),(\d+),([0-9A-F]+)\^FS", text).groups()
    raw, row_bytes = bytes.fromhex(data), int(row_bytes)
    assert len(raw) == int(total)
    rows = [[False] * width for _ in range(height)]
    for number, byte in enumerate(raw):
        for bit in range(8):
            if byte & 0x80 >> bit:
                rows[int(top) + number // row_bytes][int(left) + number % row_bytes * 8 + bit] = True
    return rows


@ZBAR
@pytest.mark.parametrize("width, height, dpi", [(40, 15, 203), (25, 10, 300), (12, 12, 203), (60, 40, 600), (100, 13, 203)])
def test_the_code_is_read_back(provisioned, width, height, dpi):
    serial, folder = provisioned.record["serial"], provisioned.folder
    size = ("--width", width, "--height", height, "--dpi", dpi)
    for name in ("label.png", "label.svg", "label.zpl"):
        said = provisioned.json("label", serial, "--out", folder / name, *size).event("label")
        assert (said["serial"], said["file"], said["check_character"]) == (serial, str(folder / name), check_character(serial))
    assert read_back(folder / "label.png") == [serial]
    assert read_back(portable_gray(folder / "s.pgm", svg_dots((folder / "label.svg").read_text(), 5))) == [serial]
    dots = (int(width * dpi / 25.4), int(height * dpi / 25.4))
    assert read_back(portable_gray(folder / "z.pgm", zpl_dots((folder / "label.zpl").read_text(), *dots))) == [serial]
    header = (folder / "label.png").read_bytes()[16:24]
    assert (int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")) == dots


def test_text_for_people(provisioned):
    serial = provisioned.record["serial"]
    lines = [text.text for text in xml.fromstring(provisioned.run("label", serial).raw).iter(SVG + "text")]
    assert "".join(lines[:2]) == "-".join((*re.findall("....", serial), serial[16:], check_character(serial)))
    assert lines[2:] == ["mbed-factory-example", "REHEARSAL"]
    assert provisioned.run("label", serial, "--format", "png").raw.startswith(b"\x89PNG\r\n")
    assert provisioned.json("label", serial).event("label")["text"].startswith("<svg")


def test_names_are_no_commands(provisioned):
    """What a profile, an order or a board is called goes neither to the printer nor into the drawing as a command."""
    serial = provisioned.record["serial"]
    name = '^FS~JA<script>&"_5E\n\u202eü'
    with contextlib.closing(sqlite3.connect(provisioned.state / "ledger" / "ledger.db")) as database, database:
        (body,) = database.execute("SELECT body FROM entry WHERE seq = 0").fetchone()
        entry = {**json.loads(body), "order": "WO-1", "board": "B~7"}
        entry["profile"]["name"] = name
        database.execute("UPDATE entry SET body = ? WHERE seq = 0",
                         (json.dumps(entry, separators=(",", ":"), sort_keys=True, ensure_ascii=False),))
    lines = [text.text for text in xml.fromstring(provisioned.run("label", serial).raw).iter(SVG + "text")]
    assert lines[2:] == ['^FS~JA<script>&"_5E\ufffd\ufffdü', "WO-1 B~7", "REHEARSAL"]
    zpl = provisioned.run("label", serial, "--format", "zpl").out
    fields = re.findall(r"\^FH\^FD(.*?)\^FS", zpl)
    plain = [re.sub(r"_([0-9A-F]{2})", lambda match: chr(int(match.group(1), 16)), field) for field in fields]
    assert plain[2] == name.replace("\n", "?").encode().decode("latin-1") and plain[3] == "WO-1 B~7"
    assert not re.search(r"[~<&\n]", "".join(fields)) and zpl.count("^XA") == zpl.count("^XZ") == 1


def test_the_check_character(provisioned):
    """With it, in any writing, the serial number is taken; each single wrong character is refused."""
    serial = provisioned.record["serial"]
    right = serial + check_character(serial)
    assert check_character("A12425GABC1234002") == "M", "the example of the Global Release Identifier"
    for word in (right, right.lower(), f"{serial}-{right[-1]}", "-".join(re.findall("..?.?.?", right)), f"{serial[:9]} {serial[9:]}"):
        assert provisioned.json("ledger", "show", word).objects
        assert provisioned.json("label", word).event("label")["serial"] == serial
    for place in range(0, 19, 3):
        wrong = right[:place] + ("0" if right[place] != "0" else "8") + right[place + 1:]
        error = provisioned.json("label", wrong, code=2).error
        assert "check character does not match" in error["cause"], wrong
    for word in (right + "0", serial[:-1], "G" + right[1:], ""):
        assert "18 hex digits" in provisioned.json("label", word, code=2).error["cause"]


def test_what_gets_no_label(delivered):
    delivered.run("provision", EXAMPLE, code=1)
    (device,) = (delivered.state / "devices").iterdir()
    error = delivered.json("label", device.name, code=2).error
    assert "no run that finished this device" in error["cause"]
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    for words, cause in ((("--out", delivered.folder / "x.txt"), "not a format"), (("--format", "gif"), "not a format"),
                         (("--width", "0"), "not a number"), (("--width", "nan"), "not a number"), (("--dpi", "1e3"), "not a number"),
                         (("--width", "7"), "too small for its QR code"), (("--format", "png"), "cannot be printed with --json"),
                         (("--out", delivered.state / "ledger" / "log.key"), "imprint keeps its own data there"),
                         (("--out", delivered.state / "ledger" / "log.key", "--format", "svg"), "imprint keeps its own data there")):
        error = delivered.json("label", device.name, *words, code=2).error
        assert cause in error["cause"] and error["next"], error
    assert not (delivered.folder / "x.txt").exists()
    for name in ("svg", "png", "zpl"):
        with open("/dev/full", "wb") as full:
            assert "No space left" in delivered.run("label", device.name, "--format", name, code=5, stdout=full).err


def test_a_test_label(station, tmp_path):
    """Without a ledger; it can be taken for no device's label."""
    (tmp_path / "labels").mkdir()
    done = station.json("label", "TEST1", "--test", "--to", f"folder:{tmp_path}/labels").objects[-1]
    assert (done["event"], done["serial"], done["check_character"]) == ("label", "TEST1", check_character("TEST1"))
    assert "TEST LABEL" in station.json("label", "TEST1", "--test", "--format", "svg").objects[-1]["text"]
    assert (tmp_path / "labels" / "TEST1.png").exists() and not (station.state / "ledger").exists()
    for word in ("0123A1B2C3D4E5F601", "test1", "TEST" + "1" * 15, "TEST/../x", ""):
        assert station.json("label", word, "--test", code=2).error["cause"] == "this is not the text of a test label"


def test_a_test_label_goes_over_no_ledger(provisioned):
    for name in ("ledger.db", "log.key"):
        path = provisioned.state / "ledger" / name
        before = path.read_bytes()
        assert "imprint keeps its own data there" in provisioned.json("label", "TEST1", "--test", "--out", path, "--format", "svg", code=2).error["cause"]
        assert path.read_bytes() == before
