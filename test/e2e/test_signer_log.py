# SPDX-License-Identifier: Apache-2.0
"""imprint signer verify: the log of a signer's decisions, and what is found where somebody changes the database."""
import contextlib
import shutil
import sqlite3

import pytest

from conftest import run_program
from signer_office import Signer, make_files, request, rules


@pytest.fixture
def signer(tmp_path, tmp_path_factory):
    files = tmp_path_factory.mktemp("files")
    make_files(files)
    made = Signer(tmp_path, files)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def verify_log(signer, *checkpoints, code=0, options=()):
    return run_program("--json", "signer", "verify", signer.file, *checkpoints, *options, code=code)


def found(result):
    return [(item["check"], item.get("number")) for item in result.objects if item["event"] == "signer-check"]


def change(signer, sql):
    with contextlib.closing(sqlite3.connect(signer.folder / "signer.db")) as opened, opened:
        opened.execute(sql)


def test_records_that_were_changed(signer):
    """Found while the signer serves; a copy that was put back is found by a checkpoint that somebody kept."""
    kept, newer, older = (signer.folder / name for name in ("kept", "newer", "older.db"))
    signer.start(rules())
    signer.issue(request(signer.folder, 1))
    verify_log(signer, options=("--out", kept))
    with contextlib.closing(sqlite3.connect(signer.folder / "signer.db")) as opened, contextlib.closing(sqlite3.connect(older)) as copy:
        opened.backup(copy)
    signer.issue(request(signer.folder, 2))
    done = verify_log(signer, kept, options=("--out", newer)).event("signer-verified")
    assert done["holds"] and done["decisions"] == 2 and done["checkpoints"] == 1 and done["checkpoint"] == newer.read_text()
    assert kept.read_text().split("\n")[1] == "1"
    change(signer, "UPDATE decision SET station = 'line-2' WHERE number = 1")
    failed = verify_log(signer, code=1)
    assert failed.error["reason"] == "record-refuted"
    assert found(failed) == [("edited", 1), ("checkpoint", None)]
    assert "BAD   edited: decision 1:" in run_program("signer", "verify", signer.file, code=1).out
    change(signer, "UPDATE decision SET station = 'line-1' WHERE number = 1")
    assert verify_log(signer).event("signer-verified")["holds"]
    signer.stop()
    for rest in ("-wal", "-shm"):
        (signer.folder / f"signer.db{rest}").unlink(missing_ok=True)
    shutil.copy(older, signer.folder / "signer.db")
    assert verify_log(signer, kept).event("signer-verified")["holds"], "an older state is whole in itself"
    failed = verify_log(signer, newer, code=1)
    assert found(failed) == [("cut", None)]
    stranger = signer.folder / "stranger"
    stranger.write_text(newer.read_text().replace("signer/", "signer/0"))
    assert verify_log(signer, stranger, code=1).error["subject"] == str(stranger)


@pytest.mark.parametrize("column", ["public_key", "station", "subject", "text", "request"])
def test_a_record_that_is_too_long(signer, column):
    """Who changes the database puts anything there: it is found, and nothing else happens."""
    signer.start(rules())
    signer.issue(request(signer.folder, 1))
    signer.stop()
    change(signer, f"UPDATE decision SET {column} = hex(zeroblob(100000)) WHERE number = 1")
    assert ("edited", 1) in found(verify_log(signer, code=1))


def test_a_log_without_its_key(signer):
    """No other log is begun in its place, under another key; and there is nothing to verify before the first start."""
    signer.write(rules())
    assert verify_log(signer, code=None).error["next"]
    signer.start()
    signer.stop()
    assert (signer.folder / "signer.db.key").stat().st_mode & 0o777 == 0o600
    (signer.folder / "signer.db.key").unlink()
    failed = run_program("--json", "signer", "serve", signer.file, "--listen", "127.0.0.1:0", code=None)
    assert failed.error["reason"] == "database-damaged" and "restore the key file" in failed.error["next"]
