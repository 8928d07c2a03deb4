# SPDX-License-Identifier: Apache-2.0
"""The images on boards that QEMU plays, with a virtual chip on the wire and flash that outlives the power."""
import base64
import hashlib
import os
import random
import re
import subprocess

import pytest

from board import BOARDS, GEOMETRY, IMAGES, image, powered
from conftest import EXAMPLE, der_of, openssl
from test_primary_symbols import FORBIDDEN, symbols
from test_transports import serving

on_both = pytest.mark.parametrize("board", BOARDS)


@pytest.fixture
def wired(station):
    """A Trust&GO part for a single wire, as its maker delivers it."""
    station.run("virtual", "new", "--as", "trust-and-go", "--bus", "swi", "--seed", 1)
    return station


def armed(factory):
    """Up, and armed for one run: it replaces the key in slot 2, as the maker delivers it."""
    hello, _ = factory.await_frame("hello")
    factory.command(f"arm 01230015D655592701 {hello['digest']}")


def provision(board, flash, chip):
    """One run of the factory image: its frames from `chip` to `result`."""
    with powered(board, "factory", flash, chip) as factory:
        armed(factory)
        frames = factory.command("run")
        factory.command("end")
        assert factory.end() == 0, factory.text
        return frames


def result_of(frames):
    (result,) = [frame for frame in frames if frame.verb == "result"]
    return result


def keys_in(station, flash):
    objects = station.json("--storage", f"flash:{flash}", "keys").objects
    return {item["key_id"]: item["slot"] for item in objects if item["event"] == "key"}


def pem_of(point):
    info = bytes.fromhex("3059301306072A8648CE3D020106082A8648CE3D030107034200") + bytes.fromhex(point)
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(info) + b"-----END PUBLIC KEY-----\n"


def proof_of(serial, key, challenge):
    """What a key signs to show that the device has it (src/link/proof.h)."""
    return f"imprint proof of possession 1\nchip {serial}\nkey {key}\nchallenge {challenge.hex().upper()}\n".encode()


def check_primary(station, board, flash, chip, keys=(16, 18)):
    """The primary image opens the keys by their ids and signs; openssl agrees. Gives the public keys."""
    points = {}
    with powered(board, "primary", flash, chip) as primary:
        primary.await_frame("hello")
        found = {int(frame["id"]) for frame in primary.command("keys") if frame.verb == "key"}
        assert found == set(keys)
        for key in keys:
            (public,) = [frame for frame in primary.command(f"public {key}") if frame.verb == "public"]
            points[key] = public["public"]
            challenge = random.Random(key).randbytes(32)
            (signature,) = [frame for frame in primary.command(f"sign {key} {challenge.hex().upper()}")
                            if frame.verb == "signature"]
            message = station.write("message", proof_of("01230015D655592701", key, challenge))
            openssl("dgst", "-sha256", "-verify", station.write("key.pem", pem_of(points[key])), "-signature",
                    station.write("signature", der_of(bytes.fromhex(signature["signature"]))), message)
            openssl("dgst", "-sha256", "-verify", station.folder / "key.pem", "-signature", station.folder / "signature",
                    station.write("other", message.read_bytes() + b"x"), code=1)
        primary.command("end")
        assert primary.end() == 0, primary.text
    return points


# ---- the port

@on_both
def test_bringup(wired, board):
    flash = wired.folder / "flash"
    with serving("--swi-pty", wired.chip) as server:
        for expected in ("creating one", "flash: "):
            with powered(board, "bringup", flash, server.device) as running:
                assert running.end() == 0, running.text
                assert f"board: {board}" in running.text and expected in running.text
                assert "chip: 01230015D655592701" in running.text and "all is well" in running.text
        assert "creating one" not in running.text


@on_both
def test_the_digest_of_the_image(station, board):
    """What the image computes over its flash is that of the file that is flashed; it needs no chip."""
    content = (IMAGES / board / "factory" / "factory.bin").read_bytes()
    with powered(board, "factory", station.folder / "flash") as factory:
        hello, _ = factory.await_frame("hello")
        assert int(hello["image"]) == len(content)
        (told,) = [frame for frame in factory.command("image") if frame.verb == "image"]
        assert told["sha256"] == hashlib.sha256(content).hexdigest().upper() and int(told["bytes"]) == len(content)
        factory.command("end")
        assert factory.end() == 0, factory.text


@on_both
def test_bringup_without_a_chip(station, board):
    with powered(board, "bringup", station.folder / "flash") as running:
        assert running.end() == 3
        assert "step 3 failed" in running.text and "device-silent" in running.text


@on_both
def test_no_random_numbers_of_an_unlocked_chip(station, board):
    station.run("virtual", "new", "--as", "blank", "--bus", "swi", "--seed", 1)
    with serving("--swi-pty", station.chip) as server:
        with powered(board, "bringup", station.folder / "flash", server.device) as running:
            assert running.end() == 4
            assert "config-unlocked" in running.text


def patched(board, name, station, at, content):
    """The image with some bytes changed, at the address of a symbol or at a number."""
    symbols = subprocess.run(["arm-none-eabi-nm", str(image(board, name))], capture_output=True, text=True, check=True).stdout
    address = at if isinstance(at, int) else int(re.search(rf"^(\w+) \w {at}$", symbols, re.MULTILINE)[1], 16)
    headers = subprocess.run(["arm-none-eabi-objdump", "-h", str(image(board, name))], capture_output=True, text=True,
                             check=True).stdout
    for _, size, start, _, offset in re.findall(r"^ +\d+ (\S+) +(\w+)  (\w+)  (\w+)  (\w+)", headers, re.MULTILINE):
        start, size, offset = int(start, 16), int(size, 16), int(offset, 16)
        if start <= address < start + size:
            elf = bytearray(image(board, name).read_bytes())
            place = offset + address - start
            elf[place:place + len(content)] = content
            return station.write("patched.elf", bytes(elf))
    raise AssertionError(f"{address:#x} is in no section:\n{headers}")


@on_both
def test_a_fault_says_where_and_ends(station, board):
    """main() begins with an instruction that there is not."""
    program = patched(board, "bringup", station, "imprint_board_name", b"\x00\xde")
    with powered(board, "bringup", station.folder / "flash", program=program) as running:
        assert running.end() == 70
        assert re.search(r"fault: exception 00000003, pc [0-9a-f]{8}, lr [0-9a-f]{8}", running.text)


@on_both
def test_a_stack_that_overflows_is_a_fault(station, board):
    """The initial stack pointer is moved to just above the end of the stack."""
    vectors = {"mps2-an385": 0x00000000, "mps2-an505": 0x10000000}[board]
    bottom = {"mps2-an385": 0x20000000, "mps2-an505": 0x38000000}[board]
    program = patched(board, "bringup", station, vectors, (bottom + 256).to_bytes(4, "little"))
    with powered(board, "bringup", station.folder / "flash", program=program) as running:
        assert running.end() == 70
        assert "stack overflow" in running.text


# ---- what is in an image

@on_both
def test_what_is_not_in_an_image(board):
    """The linker leaves out, function by function, what a primary application or the demo plan does not need."""
    assert sorted(name for name in symbols(image(board, "primary")) if FORBIDDEN.fullmatch(name)) == []
    factory = symbols(image(board, "factory"))
    assert {"psa_generate_key", "driver_generate_key", "chip_generate_key", "provision_execute"} <= factory
    assert not {"driver_import_key", "driver_destroy_key", "driver_verify_hash", "chip_import_key", "chip_import_key_encrypted",
                "chip_write_config", "chip_lock_config", "chip_lock_data", "chip_lock_slot",
                "chip_update_extra", "provision_gate_lock", "provision_step_import_key", "profile_wanted_config", "profile_check", "malloc", "printf"} & factory


# ---- factory and primary

@on_both
def test_factory_then_primary(wired, board):
    flash = wired.folder / "flash"
    with serving("--swi-pty", wired.chip) as server:
        frames = provision(board, flash, server.device)
        assert result_of(frames)["changes"] == "4"
        created = {int(frame["id"]): (frame["public"], int(frame["slot"])) for frame in frames if frame.verb == "key"}
        assert keys_in(wired, flash) == {key: slot for key, (_, slot) in created.items()}
        before = flash.read_bytes()
        points = check_primary(wired, board, flash, server.device)
        assert points == {key: point for key, (point, _) in created.items()}
        assert flash.read_bytes() == before
        # Running again is always right, and writes nothing.
        assert result_of(provision(board, flash, server.device))["changes"] == "0"
        assert flash.read_bytes() == before


@on_both
def test_flash_that_the_station_has_written(wired, board):
    """The station provisions the device over its wire, and makes the board's flash: the primary image boots from it."""
    flash = wired.folder / "flash"
    wired.run("--storage", f"flash:{flash},{GEOMETRY[board]}", "provision", EXAMPLE, "--arm", "profile")
    with serving("--swi-pty", wired.chip) as server:
        points = check_primary(wired, board, flash, server.device)
        assert result_of(provision(board, flash, server.device))["changes"] == "0"
    assert points == {key["key_id"]: key["public_key"] for key in wired.record["keys"]}


@on_both
def test_primary_without_a_factory(wired, board):
    """It uses what the factory has left, and makes nothing: flash stays erased."""
    flash = wired.folder / "flash"
    with serving("--swi-pty", wired.chip) as server:
        with powered(board, "primary", flash, server.device) as primary:
            primary.await_frame("hello")
            primary.send("sign 18 " + "5A" * 32)
            error, _ = primary.await_frame("error")
            assert error["reason"] == "key-unknown"
    assert flash.read_bytes().strip(b"\xff").strip(b"\0") == b""


def test_flash_of_another_geometry(wired):
    """What another board has left is not touched."""
    flash = wired.folder / "flash"
    with serving("--swi-pty", wired.chip) as server:
        provision("mps2-an385", flash, server.device)
        before = flash.read_bytes()
        with powered("mps2-an505", "factory", flash, server.device) as factory:
            factory.await_frame("hello")
            factory.send("run")
            error, _ = factory.await_frame("error")
            assert error["reason"] == "storage-failed" and "another geometry" in factory.text
    assert flash.read_bytes() == before


def test_flash_is_held_while_the_board_runs(wired):
    flash = wired.folder / "flash"
    with serving("--swi-pty", wired.chip) as server:
        with powered("mps2-an385", "factory", flash, server.device) as factory:
            factory.await_frame("hello")
            assert wired.json("--storage", f"flash:{flash}", "keys", code=3).error["reason"] == "device-busy"
            with powered("mps2-an385", "factory", flash) as second:
                assert second.end() == 2 and "held by another process" in second.errors()


# ---- power that fails

# Where the power is cut: when a line of the console begins like this, and so many seconds later.
MOMENTS = [("@hello", 0), ("@chip", 0), ("@started n=1", 0), ("@finished n=1", 0), ("@started n=2", 0), ("@started n=2", 0.15),
           ("@started n=2", 0.3), ("@started n=2", 0.42), ("@finished n=2", 0), ("@started n=3", 0.1), ("@result", 0)]
# A sample, unless ./check --long asks for more.
CUTS = int(os.environ.get("IMPRINT_BOARD_CUTS", "2"))


def cut_and_finish(station, board, moments, lose_chip, way=("--swi-pty",)):
    """
    Cuts the power at each of the moments, one after the other on the same device, and then lets it finish: the same two
    keys as ever, whole, and none that was reported is another one now.
    """
    flash = station.folder / "flash"
    reported = {}
    server = None
    try:
        for pattern, delay in [*moments, (None, 0)]:
            if server is None:
                context = serving(*way, station.chip)
                server = context.__enter__()
            with powered(board, "factory", flash, server.device) as factory:
                armed(factory)
                begin = len(factory.frames)
                factory.send("run")
                if pattern is None:
                    factory.await_frame("ok", after=begin)
                else:
                    factory.await_text(re.escape(pattern) + "|@ok run")
                    subprocess.run(["sleep", str(delay)], check=True)
                    factory.cut()
                assert not [frame for frame in factory.frames if frame.verb == "error"], factory.text
                for frame in factory.frames:
                    if frame.verb == "key":
                        key, point = int(frame["id"]), frame["public"]
                        assert reported.setdefault(key, point) == point
            if lose_chip and pattern is not None:
                context.__exit__(None, None, None)
                server = None
        assert set(reported) == {16, 18}
        assert set(keys_in(station, flash)) == {16, 18}
        assert check_primary(station, board, flash, server.device) == reported
    finally:
        if server is not None:
            context.__exit__(None, None, None)


@pytest.mark.parametrize("board, lose_chip", zip(BOARDS, [False, True]), ids=["chip stays on", "chip loses power too"])
def test_power_fails_at_chosen_moments(wired, board, lose_chip):
    cut_and_finish(wired, board, MOMENTS, lose_chip)


@pytest.mark.parametrize("seed", range(CUTS))
def test_power_fails_at_random(wired, seed):
    """Some cuts in a row, anywhere in a run of some two seconds. A failure is run again by its seed."""
    chance = random.Random(seed)
    moments = [("@hello", chance.uniform(0, 2.2)) for _ in range(chance.randint(1, 4))]
    cut_and_finish(wired, BOARDS[seed % 2], moments, chance.random() < 0.5)
