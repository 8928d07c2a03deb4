# SPDX-License-Identifier: Apache-2.0
"""Key records in a board's flash: --storage flash:IMAGE."""
import pytest

from conftest import EXAMPLE

GEOMETRY = "4096x8/4-1"


def test_a_board_that_the_station_provisions(delivered):
    """The whole example with records in an image: made, used, confirmed, listed without a device, forgotten."""
    image = delivered.folder / "board.flash"
    made = ("--storage", f"flash:{image},{GEOMETRY}")
    there = ("--storage", f"flash:{image}")
    assert delivered.json(*made, "provision", "--dry-run", EXAMPLE).event("plan")["changes"] == 4
    assert not image.exists()
    assert not [item for item in delivered.json(*made, "keys").objects if item["event"] == "key"]
    delivered.run(*made, "provision", EXAMPLE, "--arm", "profile")
    assert image.stat().st_size == 8 * 4096
    before = image.read_bytes()
    delivered.run(*there, "provision", EXAMPLE, "--arm", "profile")
    assert image.read_bytes() == before

    keys = {item["key_id"]: item["slot"] for item in delivered.json(*there, "keys").objects if item["event"] == "key"}
    assert keys == {16: 0, 18: delivered.record["keys"][1]["slot"]}
    assert [item for item in delivered.json("keys").objects if item["event"] == "key"] == []
    signature = delivered.run(*there, "sign", "18", EXAMPLE).raw
    delivered.run(*there, "verify", "18", delivered.write("sig", signature), EXAMPLE)

    # The image says it all: no device is there any more.
    delivered.chip.unlink()
    keys = [item for item in delivered.json(*there, "keys").objects if item["event"] == "key"]
    assert [(item["key_id"], item["serial"]) for item in keys] == [(16, None), (18, None)]
    assert image.read_bytes() == before


def test_erasing_an_image(delivered):
    image = delivered.folder / "board.flash"
    delivered.run("--storage", f"flash:{image},{GEOMETRY}", "provision", EXAMPLE, "--arm", "profile")
    delivered.run("--storage", f"flash:{image}", "erase", "--yes")
    assert not [item for item in delivered.json("--storage", f"flash:{image}", "keys").objects if item["event"] == "key"]


def test_flash_in_the_middle_of_a_file(delivered):
    """A board's whole memory: what is around the flash stays as it is."""
    around = bytes(range(256)) * 4
    image = delivered.write("memory", around + b"\xff" * 8 * 4096 + around)
    delivered.run("--storage", f"flash:{image}@{len(around)},{GEOMETRY}", "provision", EXAMPLE, "--arm", "profile")
    content = image.read_bytes()
    assert content.startswith(around) and content.endswith(around)
    assert len([item for item in delivered.json("--storage", f"flash:{image}@0x400", "keys").objects
                if item["event"] == "key"]) == 2
    assert delivered.json("--storage", f"flash:{image}", "keys", code=1).error["reason"] == "storage-failed"


@pytest.mark.parametrize("content", [b"something else", b"\xff" * 100 + b"\x00" + b"\xff" * 8 * 4096],
                         ids=["text", "not all erased"])
def test_what_is_no_flash_is_left_alone(delivered, content):
    image = delivered.write("other", content)
    for verb in (("keys",), ("provision", EXAMPLE, "--arm", "profile")):
        assert delivered.json("--storage", f"flash:{image},{GEOMETRY}", *verb, code=1).error["reason"] == "storage-failed"
    assert image.read_bytes() == content


def test_other_geometry(delivered):
    image = delivered.folder / "board.flash"
    delivered.run("--storage", f"flash:{image},{GEOMETRY}", "provision", EXAMPLE, "--arm", "profile")
    before = image.read_bytes()
    error = delivered.json("--storage", f"flash:{image},2048x16/8-1", "keys", code=1).error
    assert error["reason"] == "storage-failed" and "geometry" in error["cause"]
    assert image.read_bytes() == before


@pytest.mark.parametrize("where", ["flash", "flash:", "disk", "flash:a@", "flash:a@x", "flash:a,1x2", "flash:a,1x2/0",
                                   "flash:a,4096x8/4-1x", "flash:a@-1", "flash:a@010", "flash:a,04096x8/4-1", "flash:a@99999999999", ""])
def test_places_that_are_none(delivered, where):
    assert delivered.json("--storage", where, "keys", code=2).error["reason"] == "usage"


@pytest.mark.parametrize("geometry", ["4096x1/4", "100x4/4", "4096x99/4", "4096x8/3", "4096x8/4-7"])
def test_geometry_out_of_bounds(delivered, geometry):
    image = delivered.folder / "board.flash"
    delivered.json("--storage", f"flash:{image},{geometry}", "provision", EXAMPLE, code=1)
    assert not image.exists()
