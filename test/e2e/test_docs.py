# SPDX-License-Identifier: Apache-2.0
"""What the pages tell people to type works, and prints what they say."""
import os
import re
import subprocess

import pytest

import json_page
from conftest import DUMPS, EXAMPLE, PROGRAM, ROOT, TRUST_FLEX, run_program

PRIMARY = os.environ.get("IMPRINT_PRIMARY", str(ROOT / "build" / "examples" / "primary"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(page, language):
    """The code blocks of a page in one language."""
    return [text for kind, text in BLOCK.findall((ROOT / page).read_text()) if kind == language]


@pytest.fixture
def checkout(tmp_path):
    """A folder that looks like a checkout with a finished build, for commands that are typed there."""
    (tmp_path / "build" / "examples").mkdir(parents=True)
    (tmp_path / "build" / "imprint").symlink_to(PROGRAM)
    (tmp_path / "build" / "examples" / "primary").symlink_to(PRIMARY)
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    return tmp_path


def shell(command, folder, state):
    env = {**os.environ, "PATH": f"{folder}/build:{os.environ['PATH']}", "IMPRINT_STATE": str(state), "LC_ALL": "C.UTF-8"}
    return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def commands(block):
    """The command lines of a block of shell, without comments."""
    for line in block.splitlines():
        line = re.sub(r"\s+#.*$", "", line)
        if line:
            yield line


# What only builds, edits or sets the shell up is not typed again here.
NOT_TYPED = re.compile(r"^(\./demo|export |ninja |\${EDITOR)")
# What the tutorial says will fail.
REFUSED = {
    "imprint --device virtual:third.virtual provision profiles/blank-three-ways.yaml": "add --arm",
}


def test_tutorial(checkout):
    """Every command of the tutorial, in its order, does what the page says."""
    typed = 0
    for block in blocks("docs/guide/tutorial.md", "sh"):
        for command in commands(block):
            if NOT_TYPED.match(command):
                continue
            done = shell(command, checkout, checkout / "state")
            typed += 1
            if "--fault" in command:
                assert done.returncode == 3, (command, done)
            elif command in REFUSED:
                assert done.returncode == 1 and REFUSED[command] in done.stderr, (command, done)
            else:
                assert done.returncode == 0, (command, done)
            if command.startswith("openssl dgst"):
                assert "Verified OK" in done.stdout
    assert typed > 20


def places(line):
    """The files and folders that a line of ARCHITECTURE.md names: from the root, or below a folder named before on the line."""
    above = [ROOT]
    for word in re.findall(r"`([\w.*/-]+)`", line):
        if "/" not in word or word.startswith(("/", "--", "STATE/")):
            continue
        found = [path for folder in above for path in folder.glob(word.replace("NAME", "*"))]
        yield word, found
        above += [path for path in found if path.is_dir()]


def test_architecture_names_what_is_there():
    """A file that moves takes its line along, and what a line says is in a file is in it."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = [place for line in text.splitlines() for place in places(line)]
    assert len(named) > 100 and not [word for word, found in named if not found]
    inside = re.findall(r"`([\w/.]+\.[ch])`: `(\w+)`", text)
    assert len(inside) > 5
    assert not [row for row in inside if not re.search(rf"\b{row[1]}\b", (ROOT / row[0]).read_text())]


def test_the_tests_that_pages_name_are_there():
    """docs/internals/attacks.md: the last column of each row has functions of the tests, or names that CTest knows."""
    rows = [line for line in (ROOT / "docs/internals/attacks.md").read_text().splitlines() if re.match(r"\| (?!attack|mistake)", line)]
    named = [re.findall(r"`([\w-]+)`", row.rsplit("|", 2)[1]) for row in rows]
    assert len(rows) > 60 and all(named)
    sources = "".join(path.read_text() for kind in ("*.py", "*.c") for path in (ROOT / "test").rglob(kind))
    profiles = {f"power_{path.stem}" for path in (ROOT / "profiles").glob("*.yaml")}
    functions = set(re.findall(r"^(?:def|static void) (\w+)\(", sources, re.M)) | profiles | {"power_really"}
    assert not [name for names in named for name in names if name not in functions]


def test_a_record_is_checked_by_hand(checkout, provisioned):
    """docs/reference/record.md: a record by itself convinces openssl."""
    (script,) = blocks("docs/reference/record.md", "sh")
    done = shell(script, checkout, provisioned.state)
    assert done.returncode == 0 and "Verified OK" in done.stdout, done
    record = provisioned.device / "record.json"
    text = record.read_text()
    challenge = re.search(r'"challenge": "(..)', text).group(1)
    record.write_text(text.replace(f'"challenge": "{challenge}', f'"challenge": "{int(challenge, 16) ^ 1:02X}', 1))
    done = shell(script, checkout, provisioned.state)
    assert done.returncode != 0 and "Verified OK" not in done.stdout, "a changed challenge is noticed"


def comparable(text):
    """Output without what differs from run to run and from one release of OpenSSL to the next."""
    text = re.sub(r"\d+ ms|\d+\.\d+ s", "TIME", text)
    return [re.sub(r"\s*=\s*", "=", line.rstrip()) for line in text.splitlines() if line.strip()]


def test_readme_shows_what_the_program_prints(checkout):
    """The commands in README's example are run in a fresh state; their output is README's."""
    (example,) = [text for text in blocks("README.md", "") if text.startswith("$ ")]
    for part in re.split(r"^\$ ", example, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        done = shell(command + " 2>&1", checkout, "state")
        assert done.returncode == 0, done
        assert comparable(done.stdout) == comparable(shown), command


def test_json_page_is_read(provisioned):
    """The checks behind every --json of these tests can fail."""
    (item,) = provisioned.json("public-key", "18").objects
    assert json_page.complaints(item) == []
    assert json_page.complaints({**item, "extra": 1}) == ["public-key: field extra is not on the page"]
    assert json_page.complaints({**item, "key_id": "18"}) == ["public-key: field key_id is '18', the page says number"]
    plan = provisioned.json("provision", EXAMPLE, "--dry-run").event("plan")
    assert json_page.complaints(plan) == []
    del plan["steps"][1]["persistent"]
    assert json_page.complaints(plan) == ["plan: field steps[].persistent is missing"]
    del item["pem"]
    assert json_page.complaints(item) == ["public-key: field pem is missing"]
    assert json_page.complaints({"event": "unheard-of"}) == ["no section for event unheard-of"]


def test_json_page_describes_nothing_that_is_not_there(provisioned, tmp_path):
    """Every event and field of the page that one station without a board can show is shown."""
    signature, chip = tmp_path / "s", tmp_path / "other"
    dump = provisioned.write("dump", provisioned.json("info").event("chip")["config"])
    provisioned.run("sign", "18", EXAMPLE, "-o", signature)
    checked = provisioned.folder / "checked.yaml"
    runs = [("info",), ("--verbose", "info"), ("explain", dump), ("explain", DUMPS / "608b-blank-rev6003.hex"),
            ("keys",), ("public-key", "18"), ("sign", "18", EXAMPLE),
            ("csr", "18", "-s", "CN=x"), ("verify", "18", signature, EXAMPLE), ("random", "4"), ("scan",), ("help",), ("version",),
            ("compile", EXAMPLE, "--c"), ("compile", EXAMPLE, "--binary"), ("virtual", "new", chip), ("provision", EXAMPLE, "--arm", "profile", "--socket", "A1", "--tries", "2"), ("provision", EXAMPLE, "--confirm"),
            ("verify-record", provisioned.device / "history.jsonl"),
            ("erase", "--yes"), ("adopt", EXAMPLE, "--dry-run"), ("adopt", EXAMPLE), ("provision", checked),
            ("certificate", "show"), ("certificate", "verify"), ("certificate", "export", tmp_path / "certificates"),
            ("ledger", "list"), ("ledger", "list", "--keys"), ("ledger", "show", provisioned.record["serial"]), ("ledger", "verify", "--tables"),
            ("ledger", "export", tmp_path / "export"), ("ledger", "prove", provisioned.record["serial"], tmp_path / "proof"),
            ("ledger", "backup", tmp_path / "copy.db"), ("ledger", "rebuild"), ("ledger", "import"),
            ("order", "new", EXAMPLE, "--quantity", "2"), ("order", "list"), ("order", "close", "WO-1"),
            ("label", provisioned.record["serial"]), ("label", provisioned.record["serial"], "--to", f"folder:{tmp_path}"),
            ("report", "--rehearsals", "--html", tmp_path / "report.html"),
            ("retire", provisioned.record["serial"], "--yes")]
    seen = {}
    checked.write_text(re.sub(r"  mark:.*\n", "  genuine: reported\n", EXAMPLE.read_text()))
    for arguments in runs:
        for item in provisioned.json(*arguments).objects:
            seen.setdefault(item["event"], set()).update(path for path, _ in json_page.walk(item))
    # These need a board, a server, an issuer, a refused device, a lock, a failure or a refusal: their own tests show them, through conftest.py.
    elsewhere = {"gave-up", "error", "warning", "state", "lock", "moved", "evidence", "board", "proven", "serving", "erase", "retire", "tls", "unconnected",
                 "rebuilt", "issuer", "ca", "waiting", "signer", "signer-decision", "signer-notice", "signer-rule", "signer-order", "signer-check", "signer-verified", "ledger-check",
                 "station", "socket", "station-label", "station-check", "user", "user-added", "user-changed", "user-removed", "order-unit", "order-lease", "order-returned", "order-synced", "report-reason", "ledger-certificate",
                 "manifest-exported", "manifest-progress", "manifest-fault", "manifest-verified", "manifest-imported",
                 "ledger-made", "ledger-alarm", "manifest-listed", "manifest-part", "ledger-cosigned", "ledger-stamped", "witness", "witness-made", "witness-trusts", "witness-log", "witness-answer",
                 "line-sent", "line-progress", "line-alarm", "ledger-status", "line-ready", "line-planner", "line-station", "line-sql", "line-upgrading",
                 "line-check", "line-verified", "reworked", "scrapped"}
    assert set(json_page.page()) - set(seen) == elsewhere
    rare = {("order", "first_article"),  # test_orders.py
            ("ledger-entry", "firmware"),  # test_report.py
            ("report", "logs"), ("report", "stations"),  # test_report_line.py
            ("plan", "stopped_after"), ("plan", "stopped_in"), ("plan", "not_proven"), ("provisioned", "not_proven"),
            ("retired", "board"), ("retired", "mcu"),  # test_binding.py
            ("plan", "key_store"),  # test_io_protection.py
            ("plan", "listed"), ("provisioned", "listed"),  # test_manifests.py
            ("provisioned", "certificates"), ("provisioned", "certificates[]"),  # test_certificate_issue.py
            ("provisioned", "connections"), ("provisioned", "connections[]"),  # test_prove_tls.py
                ("provisioned", "data"), ("provisioned", "data[]")}  # test_data.py
    # Of locks and replaced keys (test_retire.py), and of keys that count their uses (test_use_rules.py shows those).
    special = {"consequence", "spends_use", "uses_spent", "uses_left", "lost_key", "lost_unused"}
    for event, fields in seen.items():
        missing = {path for path in set(json_page.page()[event]) - fields
                   if (event, path.split(".")[0]) not in rare and (path.split(".")[-1] not in special or path.startswith("slots[]"))}
        assert missing == set(), (event, missing)


def test_record_page(provisioned):
    """docs/reference/record.md has each field of a record, and no other but those of boards and of profiles with csr-subject, certificates or chip.listed."""
    page = json_page.RECORD.read_text()
    known = set(json_page.rows(page[:page.index("## The history")]))
    checked = provisioned.folder / "checked.yaml"
    checked.write_text(re.sub(r"  mark:.*\n", "  genuine: reported\n", EXAMPLE.read_text()))
    provisioned.run("provision", checked, "--arm", "profile", "--socket", "A1", "--tries", "2")
    fields = {path for path, _ in json_page.walk(provisioned.record)} - {"profile", "run", "locked", "keys[].proof"}
    assert fields <= known, fields - known
    assert {path for path in known - fields if not path.startswith(("run.board", "primary", "certificates", "connections", "data", "listed"))} == {"keys[].request"}


def test_json_page_lists_every_reason():
    """docs/reference/json.md against the rows that the program is built from."""
    rows = re.findall(r'REASON_ROW\(ERROR_\w+, "([a-z-]+)", (ERROR_EXIT_\w+)', (ROOT / "src/base/reason_rows.inc").read_text())
    codes = dict(re.findall(r"(ERROR_EXIT_\w+) = (\d+)", (ROOT / "src/base/reason.h").read_text()))
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|$", json_page.PAGE.read_text(), re.M)
    assert listed == [(name, codes[code]) for name, code in rows if name != "none"] and len(listed) > 30


def test_pages_name_only_what_is_read():
    """An environment variable that a page for users names is one that the program, a script or a systemd unit reads."""
    sources = [path for folder in ("src", "virtual", "scripts", "packaging") for path in (ROOT / folder).rglob("*") if path.is_file()]
    sources += [ROOT / "check", ROOT / "demo"]
    text = "".join(path.read_text("utf-8", "replace") for path in sources)
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for name in re.findall(r"(?<!-D)\bIMPRINT_[A-Z_]+\b(?=`| in the env|=)", page.read_text()):
            assert name in text or name in (ROOT / "CMakeLists.txt").read_text() or \
                any(name in path.read_text() for path in (ROOT / "cmake").iterdir()), (page.name, name)


def test_history_page(provisioned):
    """The same for the lines of history.jsonl: fields of a record and those of the page's second table, no other."""
    known = set(json_page.rows(json_page.RECORD.read_text()))
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    provisioned.run("provision", TRUST_FLEX, code=4)
    assert len(provisioned.history) == 3
    for line in provisioned.history:
        fields = {path for path, _ in json_page.walk(line)} - {"profile", "run", "locked", "keys[].proof", "error"}
        fields = {path for path in fields if not path.startswith("plan[]")}
        assert fields <= known, fields - known
        assert {"format", "version", "previous", "result", "serial", "serial_checked", "plan"} <= fields


def test_identity_guide(checkout):
    """Every command of the guide to certificates, in its order."""
    typed = 0
    for block in blocks("docs/guide/identity.md", "sh"):
        for command in commands(block):
            done = shell(command, checkout, checkout / "unused")
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            typed += 1
    assert typed == 6
    (certificate,) = (checkout / "state" / "devices").glob("*/client.crt")
    assert "BEGIN CERTIFICATE" in certificate.read_text()
