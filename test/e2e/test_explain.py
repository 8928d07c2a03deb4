# SPDX-License-Identifier: Apache-2.0
"""imprint explain: dumps in every layout that tools and people produce, what is missing in a template, and mistakes."""
import subprocess

import pytest

from conftest import DUMPS, ROOT, run_program

XML = ROOT / "test" / "data" / "dumps"


def zone_of(name):
    text = "".join(line for line in (DUMPS / f"{name}.hex").read_text().splitlines() if not line.startswith("#"))
    return bytes.fromhex(text)


ZONE = zone_of("608b-tngtls")
LINES = [ZONE[at:at + 16] for at in range(0, 128, 16)]
LIST = [", ".join(f"0x{byte:02X}" for byte in line) for line in LINES]


def shown(line):
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)


LAYOUTS = {
    "spaces": "\n".join(line.hex(" ") for line in LINES),
    "one line": ZONE.hex(),
    "words of four": "\n".join(line.hex(" ", 4).upper() for line in LINES),
    "list": ",\n".join(LIST) + ",\n",
    "list in C": "/* config of\n a board: 01 23 */\nstatic const uint8_t config[128] = { // 128 bytes\n" + ",\n".join(LIST) + "\n};\n",
    "list in Python": "config = bytes([\n    " + ",\n    ".join(LIST) + ",\n])\n",
    "string in C": "\n".join('"' + "".join(f"\\x{byte:02x}" for byte in line) + '"' for line in LINES),
    "colons": "\n".join(line.hex(":") for line in LINES),
    "dashes": "\n".join(line.hex("-") for line in LINES),
    "windows": "\r\n".join(line.hex(" ") for line in LINES) + "\r\n",
    "byte order mark": "\ufeff" + ZONE.hex(" "),
    "titles": "Config zone of board 12\n\n" + "\n".join(line.hex(" ") for line in LINES) + "\n\nend of the zone\n",
    "comments": "# 01 23, caf\u00e9\n" + "\n".join(line.hex(" ") + " # 45" for line in LINES),
    "offsets": "\n".join(f"{16 * at:04x}: {line.hex(' ')}" for at, line in enumerate(LINES)),
    "offsets with 0x": "\n".join(f"0x{16 * at:02X}: {line.hex(' ')}" for at, line in enumerate(LINES)),
    "decimal offsets": "\n".join(f"{16 * at:03d}: {line.hex(' ')}" for at, line in enumerate(LINES)),
    "hexdump -C": "".join(f"{16 * at:08x}  {line[:8].hex(' ')}  {line[8:].hex(' ')}  |{shown(line)}|\n"
                          for at, line in enumerate(LINES)) + "00000080\n",
    "xxd": "".join(f"{16 * at:08x}: {line.hex(' ', -2)}  {shown(line)}\n" for at, line in enumerate(LINES)),
    "od": "".join(f"{16 * at:07o} {line.hex(' ')}\n" for at, line in enumerate(LINES)) + "0000200\n",
    "labels": "".join(f"bytes {16 * at} on: {line.hex(' ')}\n" for at, line in enumerate(LINES)),
}


def explain(content, **more):
    return run_program("--json", "explain", "-", stdin=content, **more)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    result = explain(LAYOUTS[layout])
    assert bytes.fromhex(result.event("chip")["config"]) == ZONE
    assert len(result.objects) == 1


def test_what_real_tools_print(tmp_path):
    path = tmp_path / "zone.bin"
    path.write_bytes(ZONE)
    assert bytes.fromhex(run_program("--json", "explain", path).event("chip")["config"]) == ZONE
    for tool in (["od", "-A", "x", "-t", "x1", "-v"], ["od", "-t", "x1", "-v"], ["od", "-A", "d", "-t", "x1", "-v"]):
        printed = subprocess.run([*tool, path], capture_output=True, text=True, check=True).stdout
        assert bytes.fromhex(explain(printed).event("chip")["config"]) == ZONE, printed


@pytest.mark.parametrize("width", [2, 4])
def test_byte_swapped(width):
    swapped = b"".join(ZONE[at:at + width][::-1] for at in range(0, 128, width))
    assert swapped.startswith(b"\x23\x01") or swapped[2:4] == b"\x23\x01"
    for content in (swapped, swapped.hex(" ")):
        result = explain(content)
        assert f"byte-swapped: its bytes are reversed in groups of {width}" in result.event("warning")["text"]
        assert bytes.fromhex(result.event("chip")["config"]) == ZONE
    printed = subprocess.run(["od", "-v", "-t", f"x{width}", "--endian=little"], input=ZONE, capture_output=True, check=True)
    assert bytes.fromhex(explain(printed.stdout).event("chip")["config"]) == ZONE
    assert "warning: this dump is byte-swapped" in run_program("explain", "-", stdin=swapped).err


@pytest.mark.parametrize("content", [ZONE[16:], ZONE[16:].hex(), ",\n".join(LIST[1:]),
                                     "\n".join(f"{16 * at:04x}: {LINES[at].hex(' ')}" for at in range(1, 8))])
def test_without_identity(content):
    chip = explain(content).event("chip")
    assert bytes.fromhex(chip["config"]) == bytes(16) + ZONE[16:]
    assert chip["serial"] is None and chip["revision"] is None and chip["bus"] is None and chip["part"] == "unknown part"
    text = run_program("explain", "-", stdin=content)
    assert "serial       not in the dump\n" in text.out and "only bytes 16 to 127" in text.err
    assert run_program("virtual", "new", "--as", "-", "x", stdin=content, code=2).err


def test_templates_without_identity():
    for name in ("508a-mbed-dev-template", "608a-riot-example"):
        out = run_program("explain", DUMPS / f"{name}.hex").out
        assert "revision not in the dump" in out and "serial       not in the dump" in out and "bus          not in" in out
    out = run_program("explain", DUMPS / "508a-arduino-tls.hex").out
    assert "ATECC508A, revision 00005000" in out and "serial       not in the dump" in out


def test_xml_of_the_trust_platform():
    chip = run_program("--json", "explain", XML / "608b-tngtls.xml").event("chip")
    lacking = set(range(2, 12)) | {86, 87}
    assert all(chip["config"][2 * at:2 * at + 2] == f"{ZONE[at]:02X}" for at in range(128) if at not in lacking)
    assert chip["part"] == "ATECC608B" and chip["serial"] is None and chip["i2c_address"] == 0x35
    assert not chip["config_locked"] and not chip["data_locked"]
    zone = zone_of("508a-blank-1")
    chip = run_program("--json", "explain", XML / "508a-blank-1.xml").event("chip")
    assert chip["part"] == "ATECC508A"
    assert all(chip["config"][2 * at:2 * at + 2] == f"{zone[at]:02X}" for at in range(12, 128) if at != 13)


def test_names_of_the_508a():
    fields = run_program("--json", "explain", DUMPS / "508a-blank-1.hex").event("chip")["fields"]
    assert {"OTPmode", "LastKeyUse[0]", "Selector"} <= set(fields) and not {"CountMatch", "UseLock"} & set(fields)
    verbose = run_program("--verbose", "explain", DUMPS / "508a-blank-1.hex").out
    assert "OTPmode" in verbose and "IntrusionDisable" in verbose and "PersistentDisable" not in verbose
    assert "PersistentDisable" in run_program("--verbose", "explain", DUMPS / "608b-tngtls.hex").out


def test_bit_by_bit():
    """Slot 0 of a Trust&GO part: 85 00, 53 00. Slot 5: 8F 46 or 0F 8F, as the dump says."""
    slots = run_program("--json", "explain", DUMPS / "608b-tngtls.hex").event("chip")["slots"]
    assert slots[0]["bits"] == {
        "ExternalSign": 1, "InternalSign": 0, "ECDH": 1, "EcdhToNextSlot": 0, "NoMac": 0, "LimitedUse": 0, "EncryptRead": 0,
        "IsSecret": 1, "WriteKey": 0, "GenKey": 0, "PrivWrite": 0, "Private": 1, "PubInfo": 1, "KeyType": 4, "Lockable": 0,
        "ReqRandom": 1, "ReqAuth": 0, "AuthKey": 0, "PersistentDisable": 0, "X509id": 0}
    assert slots[5]["bits"]["ReadKey"] == 15 and slots[5]["bits"]["WriteConfig"] == 8 and slots[5]["bits"]["KeyType"] == 7
    verbose = run_program("--verbose", "explain", DUMPS / "608b-tngtls.hex").out
    assert "slot 0: SlotConfig 0x0085, KeyConfig 0x0053" in verbose
    assert max(map(len, verbose.split("slot 0: SlotConfig")[1].splitlines())) <= 120


TEXT = LAYOUTS["offsets"]
WHOLE = (XML / "608b-tngtls.xml").read_text()


@pytest.mark.parametrize("content, line, column, cause", [
    ("", None, None, "no bytes in hex found"),
    ("nothing of the kind\n", None, None, "no bytes in hex found"),
    ("01 23 4", 1, 7, "not a byte in hex"),
    ("01 23 4g 56", 1, 7, "not a byte in hex"),
    (LAYOUTS["spaces"].replace("60", "6O", 1), 1, 19, "not a byte in hex"),
    (ZONE.hex() + "00", None, None, "128 bytes"),
    (ZONE[:-1].hex(" "), None, None, "128 bytes"),
    (ZONE[:127], None, None, "128 bytes"),
    (b"\x01\x23", None, None, "128 bytes"),
    (TEXT.replace("0020:", "0030:", 1), 3, 1, "this offset is not the number of bytes before it"),
    ("\n".join(TEXT.splitlines()[1:] + [LINES[0].hex(" ")]), None, None, "128 bytes"),
    (WHOLE.replace("<ChipMode>01", "<ChipMode>0x01"), 15, 17, "not a byte in hex"),
    (WHOLE.replace("<ChipMode>01", "<ChipMode>01 02"), 15, 20, "too many bytes in this element"),
    (WHOLE.replace("<ChipMode>01", "<ChipMode>"), 15, 17, "too few bytes in this element"),
    (WHOLE.replace("ChipMode", "ChopMode"), 15, 7, "unexpected element in ConfigurationZone"),
    (WHOLE.replace('Index="3"', 'Index="2"', 1), None, None, "these bytes are given twice"),
    (WHOLE.replace('Index="3"', 'Index="G"', 1), None, None, "this element needs Index, 0 to F"),
    (WHOLE.replace('Address="75"', 'Address="120"', 1), None, None, "this element needs Address and Size inside the zone"),
    ("\n".join(row for row in WHOLE.splitlines() if "SlotLocked" not in row), None, None, "ConfigurationZone ends without SlotLocked"),
    (WHOLE.split("</ConfigurationZone>")[0], None, None, "ConfigurationZone has no end"),
    (WHOLE.replace("ConfigurationZone", "Zone"), 1, 1, "this XML has no element ConfigurationZone"),
    ("<!DOCTYPE x []>" + WHOLE, 1, 1, "document types and CDATA are not supported"),
    ("<!-- no end", 1, 1, "this has no end"),
    ("<", 1, 1, "this tag has no end"),
    ("< >", 1, 1, "not a tag"),
])
def test_mistakes(content, line, column, cause):
    error = explain(content, code=2).error
    assert error["reason"] == "input-file" and error["subject"] == "stdin"
    if cause is not None:
        assert cause in error["cause"]
    if line is not None:
        assert (error["line"], error["column"]) == (line, column), error
    assert "expected 128" in run_program("explain", "-", stdin=ZONE[:-1].hex(), code=2).err
