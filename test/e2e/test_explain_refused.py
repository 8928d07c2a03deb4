# SPDX-License-Identifier: Apache-2.0
"""imprint explain: what is no config zone is refused with the reason, and a record is read."""
import json
import random

import pytest

from conftest import DUMPS, run_program


def zone(**changed):
    data = bytearray(bytes.fromhex("".join(line for line in (DUMPS / "608b-tngtls.hex").read_text().splitlines()
                                           if not line.startswith("#"))))
    for at, value in changed.items():
        data[int(at[1:])] = value
    return bytes(data)


@pytest.mark.parametrize("data, cause", [
    (random.Random(1).randbytes(128), "does not begin with 0123"), (b"\x07" * 128, "does not begin with 0123"),
    (zone(_1=0x24), "does not begin with 0123"), (zone(_86=0x54), "the locks"), (zone(_87=1), "the locks"),
    (b"\x07" * 112, "the locks"), (b'{"event":"chip"}', 'no "config"'), (b'{"config":7}', 'no "config"'),
    (b'{"config":"0123"}', "128 bytes"), (b"{", 'no "config"'),
], ids=range(10))
def test_what_cannot_be_a_config_zone(tmp_path, data, cause):
    (tmp_path / "dump").write_bytes(data)
    error = run_program("--json", "explain", tmp_path / "dump", code=2).error
    assert cause in error["cause"] and error["reason"] == "input-file", error


def test_a_record_is_read(provisioned):
    record = provisioned.device / "record.json"
    assert provisioned.json("explain", record).event("chip")["serial"] == provisioned.record["serial"]
    lines = json.dumps({"event": "plan"}) + "\n" + json.dumps({"event": "x", "config": provisioned.record["config"]}) + "\n"
    assert provisioned.json("explain", "-", stdin=lines).event("chip")["serial"] == provisioned.record["serial"]
