# SPDX-License-Identifier: Apache-2.0
"""A profile that gives a part another I2C address: the run goes on where the part is, whichever way leads to it."""
import functools
import json
import shutil

import pytest

from conftest import PROGRAM, ROOT, THREE_WAYS, run_program
from test_kit_hid import with_kits
from test_transports import Server, serving

NEW = 0x37


@pytest.fixture
def profile(station):
    folder = station.folder / "p"
    shutil.copytree(ROOT / "profiles" / "keys", folder / "keys")
    text = THREE_WAYS.read_text()
    assert text.count("  configuration: policy\n") == 1
    path = folder / "moved.yaml"
    path.write_text(text.replace("  configuration: policy\n", f"  configuration: policy\n  i2c-address: {NEW:#x}\n"))
    return path


def moves(station, device, profile, named=True, run=None):
    """The whole job where the part moves; `named`: DEVICE names the address, and so has to name another afterwards."""
    run = run or station.run
    done = run("--device", device, "provision", profile, "--arm", "profile")
    assert "proven" in done.out
    bare = device.rsplit("@", 1)[0]
    said = f"the chip's I2C address is 0x37 now: from here on use --device {bare}@0x37"
    assert (said in done.err) is named, done
    moved = f"{bare}@0x37" if named else device
    # The same command again is right, and says it again; so is the one it names.
    again = run("--device", device, "provision", profile, "--arm", "profile")
    assert "nothing to do" in again.out and (said in again.err) is named, again
    if named:
        events = run("--json", "--device", device, "provision", profile, "--arm", "profile").objects
        assert {"event": "moved", "i2c_address": NEW, "device": moved} in events
    again = run("--device", moved, "provision", profile, "--arm", "profile")
    assert "nothing to do" in again.out and "from here on" not in again.err, again
    assert json.loads(run("--json", "--device", moved, "info").out)["i2c_address"] == NEW
    if named:
        assert run("--device", device, "info", code=3)
    message = station.write("message", b"moved")
    signature = station.write("signature", run("--device", moved, "sign", "16", message).raw)
    run("--device", moved, "verify", "16", signature, message)


def test_in_process(station, profile):
    station.new("blank")
    moves(station, f"virtual:{station.chip}", profile, named=False)


@pytest.mark.parametrize("way", ["unix", "tcp"])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("real_time", [True, False])
def test_over_sockets(station, profile, sock, way, named, real_time):
    station.new("blank")
    place = ("--unix", sock) if way == "unix" else ("--tcp", "127.0.0.1:0")
    with serving(*place, *(["--real-time"] if real_time else []), station.chip) as server:
        moves(station, server.device + ("@0x60" if named else ""), profile, named)


@pytest.mark.parametrize("named", [True, False])
def test_behind_a_kit(station, profile, named):
    station.new("blank")
    with serving("--kit-pty", station.chip) as server:
        moves(station, server.device + ("@0x60" if named else ""), profile, named)


@pytest.mark.parametrize("named", [True, False])
def test_behind_a_kit_on_usb(station, profile, named):
    station.new("blank")
    with serving("--kit-pty", station.chip) as server:
        run = with_kits(station, [("A1", server.device)])
        moves(station, "kit:hid:A1" + ("@0x60" if named else ""), profile, named, run=run)


@pytest.mark.parametrize("address", ["", "@0x60"])
def test_on_linux_i2c(station, profile, address):
    """Each command under `imprint virtual run` powers the part up anew, so one shell has them all."""
    station.new("blank")
    device = f"i2c:/dev/i2c-1{address}"
    script = f"""set -e
        run() {{ "{PROGRAM}" --state "{station.folder}/s2" "$@"; }}
        run --device {device} provision "{profile}" --arm profile
        run --device {device} provision "{profile}"
        run --device i2c:/dev/i2c-1@0x37 provision "{profile}"
        run --device i2c:/dev/i2c-1@0x37 info | cat
        ! run --device {device} info
    """
    done = run_program("--state", station.state, "virtual", "run", station.chip, "--", "sh", "-c", script,
                       env={"ASAN_OPTIONS": "verify_asan_link_order=0"})
    assert "proven" in done.out and done.out.count("nothing to do") == 2 and "I2C address  0x37" in done.out, done
    assert done.err.count("from here on use --device i2c:/dev/i2c-1@0x37") == 2, done


def test_another_part_has_the_address(station, profile, sock):
    chips = [station.folder / name for name in ("blank", "flex")]
    for part, chip in zip(("blank", "trust-flex"), chips):
        station.run("virtual", "new", "--as", part, chip)
    profile.write_text(profile.read_text().replace("0x37", "0x36"))
    before = station.run("--device", f"virtual:{chips[0]}", "info", "-v").out
    with serving("--unix", sock, *chips) as server:
        error = station.json("--device", f"{server.device}@0x60", "provision", profile, "--arm", "profile", code=1).error
        assert error["reason"] == "gate-refused" and "another part on the bus" in error["cause"], error
    script = f'"{PROGRAM}" --state "{station.folder}/s2" --json --device i2c:/dev/i2c-1 provision "{profile}" --arm profile'
    done = run_program("--state", station.state, "virtual", "run", *chips, "--", "sh", "-c", script, code=1,
                       env={"ASAN_OPTIONS": "verify_asan_link_order=0"})
    assert done.error["reason"] == "gate-refused", done
    assert station.run("--device", f"virtual:{chips[0]}", "info", "-v").out == before


@pytest.mark.parametrize("way, numbers", [("--unix", range(10, 40, 3)), ("--kit-pty", (16, 22))], ids=["unix", "kit"])
def test_interrupted_at_any_write(station, profile, sock, way, numbers):
    """Power goes when the part has the address and the run has not got further: the same command finishes the job."""
    fresh = station.folder / "fresh"
    station.run("virtual", "new", "--as", "blank", "--seed", 7, fresh)
    place = (way, sock) if way == "--unix" else (way,)
    station.state.mkdir(exist_ok=True)
    for number in numbers:
        shutil.copy(fresh, station.chip)
        for before in ("devices", "ledger"):  # another station: this one would know that the device had another key
            shutil.rmtree(station.state / before, ignore_errors=True)
        server = Server("--fault", f"cut@{number}.after", *place, station.chip)
        station.run("--device", f"{server.device}@0x60", "provision", profile, "--arm", "profile", code={0, 1, 3})
        server.stop()
        with serving(*place, station.chip) as again:
            run = functools.partial(station.run, "--device", f"{again.device}@0x60")
            run("provision", profile, "--arm", "profile")
            assert "nothing to do" in run("provision", profile, "--arm", "profile").out, number
