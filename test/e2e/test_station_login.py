# SPDX-License-Identifier: Apache-2.0
"""Who can log in at a station's pages, what is closed to the others, and what attacks meet."""
import concurrent.futures
import contextlib
import ctypes
import hashlib
import http.client
import json
import os
import pathlib
import resource
import socket
import sqlite3
import ssl
import subprocess
import time

import pytest

from conftest import EXAMPLE, PATIENCE, in_time, run_program
from test_station import Line, Stream, make_line  # noqa: F401 (the fixture)
from web_client import PASSWORD, Person

INPUT = 2
USERS = {"17": "operator", "4": "lead", "a.udit": "auditor"}
ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def add(line, name, role="operator", password=PASSWORD, code=0):
    secret = line.folder / "secret"
    secret.write_text(password + "\n")
    secret.chmod(0o600)
    return run_program("--json", "user", "add", line.file, name, "--role", role, "--password-file", secret, code=code)


def hash_of(password):
    """As cheap as the file allows: each login in these tests would take a third of a second."""
    salt = os.urandom(16)
    return f"scrypt:4:1:1:{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, n=16, r=1, p=1, dklen=32).hex()}"


def write_users(line, **users):
    """Name -> role; all with one password."""
    (line.folder / "state").mkdir(exist_ok=True)
    file = line.folder / "state" / "users"
    file.write_text("# imprint users 1\n" + "".join(f"{name}:{role}:{hash_of(PASSWORD)}\n" for name, role in users.items()))
    file.chmod(0o600)


@pytest.fixture
def closed(make_line):  # noqa: F811
    """A running station with an operator, a lead and an auditor."""
    line = make_line(open_tiles=None)
    write_users(line, **USERS)
    return line.start()


def logins(line):
    return [(one["kind"], one["result"], one["operator"], one["reason"]) for one in line.ledger("list")
            if one["event"] == "ledger-entry" and one["kind"].split()[0] in ("login", "logout", "user")]


# --- the file ------------------------------------------------------------------------------------------------------------


def test_users(make_line):  # noqa: F811
    line = make_line(open_tiles=None)
    error = run_program("--json", "station", line.file, code=INPUT).error
    assert "no users" in error["cause"] and "imprint user add" in error["next"]
    assert add(line, "17").objects == [{"event": "user-added", "name": "17", "role": "operator"}]
    assert add(line, "4", "lead").objects == [{"event": "user-added", "name": "4", "role": "lead"}]
    assert add(line, "17", "auditor").objects == [{"event": "user-changed", "name": "17", "role": "auditor"}]
    assert [(one["name"], one["role"]) for one in run_program("--json", "user", "list", line.file).objects] == [("17", "auditor"), ("4", "lead")]
    users = line.folder / "state" / "users"
    assert users.stat().st_mode & 0o777 == 0o600 and PASSWORD not in users.read_text()
    assert run_program("--json", "user", "remove", line.file, "17").objects == [{"event": "user-removed", "name": "17"}]
    assert "no user of that name" in run_program("--json", "user", "remove", line.file, "17", code=INPUT).error["cause"]
    assert logins(line) == [("user add", "added", "17", None), ("user add", "added", "4", None), ("user add", "changed", "17", None),
                            ("user remove", "removed", "17", None)]


def without_room():
    """Files of the size that users have can be written, and no ledger."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))


def test_no_change_of_the_users_without_its_entry(make_line):  # noqa: F811
    """A full disk, a ledger without its key: whatever the change, the users are as they were, and it works when the ledger does."""
    line = make_line(open_tiles=None)
    add(line, "17")
    add(line, "4", "lead")
    users, key = line.folder / "state" / "users", line.folder / "state" / "ledger" / "log.key"
    before = users.read_text()
    changes = (("user", "add", line.file, "17", "--role", "lead", "--password-file", line.folder / "secret"),
               ("user", "add", line.file, "99", "--password-file", line.folder / "secret"), ("user", "remove", line.file, "4"))
    for words in changes:
        full = run_program("--json", *words, code=1, preexec_fn=without_room).error
        assert full["reason"].startswith("storage-") and full["next"], full
        key.rename(line.folder / "key")
        assert run_program("--json", *words, code=6).error["next"]
        (line.folder / "key").rename(key)
        assert users.read_text() == before and sorted(file.name for file in users.parent.glob("users*")) == ["users", "users.lock"]
    for words in changes:
        run_program("--json", *words)
    assert [(one["name"], one["role"]) for one in run_program("--json", "user", "list", line.file).objects] == [("17", "lead"), ("99", "operator")]
    assert logins(line)[2:] == [("user add", "changed", "17", None), ("user add", "added", "99", None), ("user remove", "removed", "4", None)]


def test_a_change_of_the_users_that_was_killed(closed):
    """After its entry, before it took effect: the person is out, the list says so, and the next change finishes it."""
    line = closed
    lead = Person(line.place)
    lead.log_in("4")
    users = line.folder / "state" / "users"
    before = users.read_text()
    run_program("user", "remove", line.file, "4")
    users.rename(users.with_name("users.next"))
    users.write_text(before)
    users.chmod(0o600)
    deadline = time.monotonic() + PATIENCE
    while lead.ask("/order")[0] != 303:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert Person(line.place).send("/login", name="4", password=PASSWORD)[0] == 403
    listed = run_program("user", "list", line.file)
    assert "4 " not in listed.out and "user 4 (removed) was interrupted" in listed.err
    again = run_program("user", "remove", line.file, "4")
    assert "interrupted is finished: user 4 removed" in again.err and again.out == "4: removed\n"
    assert not users.with_name("users.next").exists() and "\n4:" not in users.read_text()
    assert [one[:3] for one in logins(line)].count(("user remove", "removed", "4")) == 2
    line.stop()


@pytest.mark.parametrize("name, role, password, cause", [
    ("1 7", "operator", PASSWORD, "letters, digits"), ("", "operator", PASSWORD, "letters, digits"), ("x" * 33, "operator", PASSWORD, "letters, digits"),
    ("17", "boss", PASSWORD, "role is not known"), ("17", "operator", "short", "8 characters or more"), ("17", "operator", "x" * 129, "at most 128"),
    ("17", "operator", "äöüäöüä", "8 characters or more")])
def test_bad_users(make_line, name, role, password, cause):  # noqa: F811
    line = make_line()
    assert cause in add(line, name, role, password, INPUT).error["cause"]
    assert not (line.folder / "state" / "users").exists()


def test_no_terminal(make_line):  # noqa: F811
    line = make_line()
    error = run_program("--json", "user", "add", line.file, "17", code=INPUT, start_new_session=True).error
    assert "no terminal" in error["cause"] and "--password-file" in error["next"]


@pytest.mark.parametrize("text, line_number", [("17:operator:x\n", 1), ("# imprint users 1\n17:boss:x\n", 2)])
def test_damaged_file(make_line, text, line_number):  # noqa: F811
    line = make_line(open_tiles=None)
    (line.folder / "state").mkdir()
    users = line.folder / "state" / "users"
    users.write_text(text)
    users.chmod(0o600)
    for arguments in (("user", "list", line.file), ("station", line.file)):
        error = run_program("--json", *arguments, code=INPUT).error
        assert error["line"] == line_number and error["subject"] == str(users)
    users.write_text("# imprint users 1\n")
    users.chmod(0o644)
    assert "users" in run_program("--json", "user", "list", line.file, code=INPUT).error["subject"]


def crypt64(text):
    out = b""
    for place in range(0, len(text), 4):
        part = text[place:place + 4]
        out += sum(ITOA64.index(c) << 6 * n for n, c in enumerate(part)).to_bytes(4, "little")[:len(part) - 1]
    return out


def test_hash_of_another_program(make_line):  # noqa: F811
    """A scrypt hash of libxcrypt's crypt(3) lets its password in: the file says how it was made."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    salt = "0123456789abcdef"
    # log2 N = 10, r = 8, p = 1
    made = crypt(PASSWORD.encode(), f"$7${ITOA64[10]}6..../....{salt}$".encode()).decode().split("$")[-1]
    line = make_line(open_tiles=None)
    (line.folder / "state").mkdir()
    users = line.folder / "state" / "users"
    users.write_text(f"# imprint users 1\n17:operator:scrypt:10:8:1:{salt.encode().hex()}:{crypt64(made).hex()}\n")
    users.chmod(0o600)
    line.start()
    Person(line.place).log_in("17")
    line.stop()


# --- logging in ----------------------------------------------------------------------------------------------------------


def test_closed_to_strangers(closed):
    stranger = Person(closed.place)
    assert stranger.ask("/")[:2][0] == 303 and stranger.ask("/")[1]["Location"] == "/login"
    for path in ("/state", "/events"):
        assert stranger.ask(path)[0] == 401
    assert stranger.ask("/who")[1]["Location"] == "/login"
    assert stranger.send("/logout", token="x")[0] == 401
    stranger.cookie = "imprint=" + "A" * 64
    assert stranger.ask("/")[0] == 303 and stranger.ask("/state")[0] == 401
    closed.stop()


def test_a_login(closed):
    person = Person(closed.place)
    cookie = person.log_in("17")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict") and len(person.cookie) == len("imprint=") + 64
    assert person.ask("/")[0] == 200 and json.loads(person.ask("/who")[2])["role"] == "operator"
    # Whoever is logged in as an operator is whom the records name.
    closed.insert(closed.board(1), "A1")
    serial = closed.wait(event="socket", state="pass")["serial"]
    state = json.loads(person.ask("/state")[2])
    assert state["operator"] == "17"
    status, headers, _ = person.press("/logout")
    assert (status, headers["Location"]) == (303, "/login") and "Max-Age=0" in headers["Set-Cookie"]
    assert person.ask("/state")[0] == 401
    closed.stop()
    assert closed.ledger("show", serial)[-1]["entry"]["operator"] == "17"
    assert logins(closed) == [("login", "accepted", "17", None), ("logout", "ended", "17", None)]
    assert closed.ledger("verify")[-1]["holds"]


def test_failed_logins(closed):
    person = Person(closed.place)
    for name, password in (("17", "wrong password"), ("nobody", PASSWORD), ("17:operator", PASSWORD), (PASSWORD, ""), ("17", "x" * 129)):
        status, headers, body = person.send("/login", name=name, password=password)
        assert status == 403 and b"Name or password is wrong" in body and "Set-Cookie" not in headers, name
    Person(closed.place).log_in("17")
    closed.stop()
    # A name that the station does not know may be a password: it is not recorded.
    found = logins(closed)
    assert found[:5] == [("login", "refused", "17" if name == "17" else None, "wrong-password") for name in ("17", "n", "n", "n", "17")]
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in (closed.folder / "state").rglob("*") if path.is_file())


def test_many_failed_logins(closed):
    person, elsewhere = Person(closed.place), Person(closed.place, source="127.0.0.2")
    for _ in range(5):
        assert person.send("/login", name="17", password="wrong password")[0] == 403
    status, headers, body = person.send("/login", name="17", password=PASSWORD)
    assert status == 429 and 0 < int(headers["Retry-After"]) <= 61 and b"wait a minute" in body
    # Nobody far away keeps the operator out, or another person here.
    elsewhere.log_in("17")
    Person(closed.place).log_in("4")
    closed.stop()
    assert [entry[3] for entry in logins(closed)[:5]] == ["wrong-password"] * 4 + ["too-many-logins"]


def test_fixation_and_theft(closed):
    """A session that somebody else has chosen is none; one that comes from another address is ended."""
    person = Person(closed.place)
    person.cookie = "imprint=" + "B" * 64
    person.log_in("17")
    assert person.cookie != "imprint=" + "B" * 64
    older = Person(closed.place)
    older.cookie = person.cookie
    assert older.ask("/state")[0] == 200
    person.log_in("17")  # again: the session before is over
    assert older.ask("/state")[0] == 401
    thief = Person(closed.place, source="127.0.0.3")
    thief.cookie = person.cookie
    assert thief.ask("/state")[0] == 401
    assert person.ask("/state")[0] == 401
    twice = Person(closed.place)
    twice.log_in("17")
    twice.cookie += "; " + twice.cookie  # two of one name: one is somebody else's
    assert twice.ask("/state")[0] == 401
    closed.stop()


def test_cross_site(closed):
    person = Person(closed.place)
    person.log_in("4")
    own = f"http://{closed.place}"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://station.example"},
                    {"Origin": "null"}, {"Origin": own.replace("http", "https")}, {"Origin": own + "0"}):
        assert person.send("/logout", headers, token=person.token)[0] == 403, headers
        assert person.send("/login", headers, name="4", password=PASSWORD)[0] == 403, headers
    for token in ("", person.token[:-1], person.token + "0", person.cookie.split("=")[1], "A" * 64):
        assert person.send("/logout", token=token)[0] == 403
    assert person.ask("/logout")[0] == 405
    for kind in ("text/plain", "application/json", "multipart/form-data"):
        assert person.ask("/logout", "POST", f"token={person.token}", {"Content-Type": kind})[0] == 400
    assert person.ask("/state")[0] == 200
    assert person.send("/logout", {"Origin": own, "Sec-Fetch-Site": "same-origin"}, token=person.token)[0] == 303
    closed.stop()


def test_stream_ends_with_the_session(closed):
    """Logging out, being removed, and a new password each end what is open; the operator of the records is the file's again."""
    for end in ("out", "removed", "password"):
        person = Person(closed.place)
        person.log_in("17")
        with Stream(closed.place, person.cookie) as stream:
            stream.event()
            if end == "out":
                person.press("/logout")
            elif end == "removed":
                run_program("user", "remove", closed.file, "17")
            else:
                add(closed, "17", password="another password")
            stream.read_to_end()
        assert person.ask("/state")[0] == 401
        write_users(closed, **USERS)
    closed.stop()


@contextlib.contextmanager
def busy_desk(line):
    """While inside, whatever writes to the ledger waits, and so does what is asked of the desk after it."""
    with contextlib.closing(sqlite3.connect(line.folder / "state" / "ledger" / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def wait_for_ledger(line):
    """Until a thread of the station is between two tries to write to the ledger: nothing else in it sleeps."""
    deadline = time.monotonic() + PATIENCE
    sleeping = ("35", "115", "230")  # nanosleep and clock_nanosleep, on amd64 and arm64
    while True:
        for task in pathlib.Path(f"/proc/{line.process.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if "nanosleep" in (task / "wchan").read_text() or (task / "syscall").read_text().split()[0] in sleeping:
                    return
        assert time.monotonic() < deadline


def wait_until_out(person):
    """The station has seen the change of its users."""
    deadline = time.monotonic() + PATIENCE
    while person.ask("/state")[0] == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_removed_while_it_waits(closed):
    """Whoever is removed is out, whatever was on its way: a login that has begun, and a decision that was sent."""
    lead, witness, late = (Person(closed.place) for _ in range(3))
    run_program("--state", closed.folder / "state", "order", "new", EXAMPLE, "--id", "WO-1", "--quantity", "1")
    lead.log_in("4")
    witness.log_in("17")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with busy_desk(closed):
            login = pool.submit(late.send, "/login", name="17", password=PASSWORD)
            wait_for_ledger(closed)  # a decision that came first would be one of somebody who may
            decision = pool.submit(lead.press, "/order/close", id="WO-1", sure="yes")
            time.sleep(0.2)
            write_users(closed, **{"a.udit": "auditor"})
            wait_until_out(witness)
        assert decision.result()[0] == 401
        status, headers, _ = login.result()
    late.cookie = headers["Set-Cookie"].split(";")[0] if status == 303 else "imprint=none"
    assert late.ask("/state")[0] == 401
    assert run_program("--json", "--state", closed.folder / "state", "order", "show", "WO-1").event("order")["state"] == "new"
    closed.stop()


def test_ledger_that_cannot_be_written(closed):
    """Nobody is let in whom the ledger does not have."""
    ledger = closed.folder / "state" / "ledger"
    Person(closed.place).log_in("17")
    os.rename(ledger, closed.folder / "elsewhere")
    ledger.write_text("no folder")
    person = Person(closed.place)
    status, headers, body = person.send("/login", name="17", password=PASSWORD)
    assert status == 503 and "Set-Cookie" not in headers and b"ledger" in body, body
    ledger.unlink()
    os.rename(closed.folder / "elsewhere", ledger)
    person.log_in("17")
    closed.stop()


def log_in_from(line, *sources):
    for source in sources:
        person = Person(line.place, source=source)
        person.log_in("17")
        assert person.ask("/state")[0] == 200


@contextlib.contextmanager
def held(place, *kinds):
    """hold() of each of these, until the end of the block."""
    with contextlib.ExitStack() as ends:
        for kind in kinds:
            for one in hold(place, *kind):
                ends.callback(one.close)
        yield


def test_idle_clients(closed):
    """A thousand connections from one address that say nothing keep nobody else out."""
    in_time(10, lambda: log_in_from(closed, None), lambda: held(closed.place, ("127.0.0.9", 1000, b"")))
    closed.stop()


def hold(place, source, count, text):
    """Connections that begin a request and do not end it."""
    held = []
    host, port = place.split(":")
    for _ in range(count):
        one = socket.socket()
        one.bind((source, 0))
        one.settimeout(PATIENCE)
        one.connect((host, int(port)))
        one.sendall(text.replace(b"HOST", place.encode()))
        held.append(one)
    return held


UNFINISHED = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: HOST\r\nX: ", b"POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nname="]


def test_unfinished_requests(closed):
    """Six addresses hold all that they get, with requests that are not whole: a seventh, and each of the six, still logs in; streams stay."""
    streams = [Person(closed.place) for _ in range(2)]
    for person in streams:
        person.log_in("17")
    opened = [hold(closed.place, "127.0.0.1", 1, b"GET /events HTTP/1.1\r\nHost: HOST\r\nCookie: " + person.cookie.encode() + b"\r\n\r\n")[0] for person in streams]
    for one in opened:
        heard = b""
        while b"event: state" not in heard:
            more = one.recv(65536)
            assert more, heard
            heard += more
    kinds = [(f"127.0.0.{20 + number}", 100, UNFINISHED[number % len(UNFINISHED)]) for number in range(6)]
    in_time(10, lambda: log_in_from(closed, "127.0.0.19", "127.0.0.20", "127.0.0.23"), lambda: held(closed.place, *kinds))
    for one in opened:
        one.setblocking(False)
        try:
            assert one.recv(65536) != b"", "the stream was ended"
        except BlockingIOError:
            pass  # it is open, and has nothing to say
    for one in opened:
        one.close()
    closed.stop()


STRANGE = [
    b"POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\nname=" + b"x" * 8995,
    b"POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n",
    b"POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nname=%0x",
    b"GET /who HTTP/1.1\r\nHost: HOST\r\nCookie: " + b"imprint=" * 2000 + b"\r\n\r\n",
    b"GET /login?name=%3Cscript%3E&name=%00 HTTP/1.1\r\nHost: HOST\r\n\r\n", b"GET /login HTTP/1.1\r\n\r\n",
    b"GET \\..\\..\\etc\\passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", b"GET /login/../../state/users HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /%2e%2e/state/users HTTP/1.1\r\nHost: HOST\r\n\r\n", b"GET /page.css%00.html HTTP/1.1\r\nHost: HOST\r\n\r\n", b"\x16\x03\x01" * 100, b"\r\n" * 5000]


def test_strange_requests(closed):
    for text in STRANGE:
        with socket.create_connection(tuple(closed.place.split(":")), timeout=PATIENCE) as one:
            answer = b""
            try:
                one.sendall(text.replace(b"HOST", closed.place.encode()))
                one.shutdown(socket.SHUT_WR)
                while some := one.recv(65536):
                    answer += some
            except OSError:
                pass  # it has hung up, which is an answer
        assert b"scrypt" not in answer and b"<script>" not in answer, text
    Person(closed.place).log_in("17")
    closed.stop()


# --- TLS -----------------------------------------------------------------------------------------------------------------


def fingerprint(file):
    return subprocess.run(["openssl", "x509", "-in", file, "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True,
                          check=True).stdout.strip().split("=")[1]


def test_certificate_that_is_made(make_line):  # noqa: F811
    """At the first start; it stays. Another machine may come then, and is told where to log in."""
    line = make_line(open_tiles=None, page="0.0.0.0:0", tls=True)
    write_users(line, **USERS)
    line.start()
    ready = next(one for one in line.objects if one["event"] == "station")
    file = line.folder / "state" / "page.crt"
    assert ready["url"].startswith("https://0.0.0.0:") and ready["fingerprint"] == fingerprint(file)
    assert (line.folder / "state" / "page.key").stat().st_mode & 0o777 == 0o600
    subprocess.run(["openssl", "verify", "-CAfile", file, "-purpose", "sslserver", "-verify_hostname", "localhost", file], check=True, capture_output=True)
    place = "localhost:" + ready["url"].rstrip("/").rsplit(":", 1)[1]
    person = Person(place, context=ssl.create_default_context(cafile=file))
    assert person.ask("/", headers={"Host": "st-01.example"})[1]["Location"] == "/login"
    cookie = person.log_in("17")
    assert cookie.startswith("__Host-imprint=") and cookie.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
    assert person.ask("/state")[0] == 200
    assert person.send("/logout", {"Origin": f"http://{place}"}, token=person.token)[0] == 403
    with pytest.raises((http.client.HTTPException, OSError)):
        Person(place).ask("/login")
    for version, works in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        done = subprocess.run(["openssl", "s_client", "-connect", place, version, "-cipher", "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        assert (done.returncode == 0) == works, done.stderr
    line.stop()
    before = file.read_bytes()
    line.start().stop()
    assert file.read_bytes() == before


def make_pair(folder, name, days="30"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=st-01", "-addext",
                    "subjectAltName=DNS:localhost", "-days", days, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"],
                   check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o600)


def test_certificate_of_files(make_line):  # noqa: F811
    line = make_line(open_tiles=None, page="localhost:0", tls_certificate="own.crt", tls_key="own.key")
    write_users(line, **USERS)
    make_pair(line.folder, "own")
    line.start()
    ready = next(one for one in line.objects if one["event"] == "station")
    assert ready["fingerprint"] == fingerprint(line.folder / "own.crt") and not (line.folder / "state" / "page.crt").exists()
    Person(line.place.replace("127.0.0.1", "localhost"), context=ssl.create_default_context(cafile=line.folder / "own.crt")).log_in("17")
    line.stop()


def test_bad_certificates(make_line):  # noqa: F811
    line = make_line(open_tiles=None, page="127.0.0.1:0")
    write_users(line, **USERS)
    make_pair(line.folder, "own")
    make_pair(line.folder, "other")
    (line.folder / "open.key").write_bytes((line.folder / "own.key").read_bytes())
    (line.folder / "open.key").chmod(0o644)
    (line.folder / "state" / "page.crt").write_bytes((line.folder / "own.crt").read_bytes())
    for more, cause in (({"tls_certificate": "own.crt"}, "both"), ({"tls_key": "own.key"}, "both"),
                        ({"tls_certificate": "own.crt", "tls_key": "other.key"}, "cannot be used together"),
                        ({"tls_certificate": "own.crt", "tls_key": "missing.key"}, None), ({"tls_certificate": "own.crt", "tls_key": "open.key"}, None),
                        ({"tls": True}, None)):  # the certificate in the state folder has no key
        line.write(**{"tls": None, "tls_certificate": None, "tls_key": None, **more})
        for check in ([], ["--check"]) if "tls" not in more else ([],):
            error = run_program("--json", "station", line.file, *check, code=INPUT).error
            assert cause is None or cause in error["cause"], (more, error)
    line.write(tls=True, tls_certificate=None, tls_key=None, page="0.0.0.0:0", open_tiles=True)
    assert "open_tiles" in run_program("--json", "station", line.file, code=INPUT).error["cause"]
