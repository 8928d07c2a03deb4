# SPDX-License-Identifier: Apache-2.0
"""
A board that QEMU plays makes its IO protection key itself; its primary application then agrees on secrets with no setting, and none of
them crosses the wire in clear.
"""
import pytest

import board as boards
from board_secrets import Peer, proof_of
from conftest import ROOT
from host_board import Board
from test_io_protection import KEY_AT, LOCKED, judge
from test_transports import serving

SLOT = 2  # of the key


def boot(board, name, flash, chip):
    running = Board([ROOT / "firmware" / "run", "--timeout", "120", "--chip", chip, board, boards.image(board, name), flash], chip, flash)
    running.wait_for("@hello", patience=boards.PATIENCE)
    return running


@pytest.mark.parametrize("board", boards.BOARDS)
def test_made_proven_and_used(station, board):
    station.run("virtual", "new", "--as", "trust-flex", "--bus", "swi", "--seed", 1)
    flash, trace = station.folder / "board.flash", station.folder / "trace"
    with serving("--swi-pty", station.chip, "--trace", trace, "--trace-secrets") as server:
        with boot(board, "factory", flash, server.device) as factory:
            made = station.json("board", "provision", LOCKED, "--arm", "profile", "--console", factory.console, "--end").event("provisioned")
            assert made["changes"] > 0
            assert factory.process.wait(boards.PATIENCE) == 0
        content = flash.read_bytes()
        at = content.rindex(bytes([1, 1, 0, 0]) + bytes.fromhex(made["serial"]) + bytes(3))
        key = content[at + KEY_AT:at + 48]
        judge(station.record, key)
        peer = Peer(station.folder)
        secret = peer.secret(made["keys"][0]["public_key"])
        with boot(board, "primary_agreement", flash, server.device) as primary:
            for _ in range(2):  # the second time the key's id is there already
                frames, said = primary.ask(f"agree {SLOT} {peer.point}", patience=boards.PATIENCE)
                assert [values["proof"] for verb, values, _ in frames if verb == "agreement"] == [proof_of(secret)], said
            primary.ask("end", patience=boards.PATIENCE)
    wire = trace.read_text().upper()
    assert peer.point[2:66] in wire.replace(" ", ""), "the trace has what crossed the wire"
    assert secret.hex().upper() not in wire.replace(" ", "")
    assert key.hex().upper() in wire.replace(" ", ""), "once, when it was written"
