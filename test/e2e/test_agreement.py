# SPDX-License-Identifier: Apache-2.0
"""Help, man page and completion say the same; the man page is well-formed; error messages have their form."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT, run_program

MAN = ROOT / "docs" / "imprint.1"
COMPLETION = ROOT / "docs" / "completion" / "imprint.bash"


@pytest.fixture(scope="module")
def table():
    """The program's own tables: verb -> object, and the global options."""
    objects = run_program("--json", "--help").objects
    verbs = {item["name"]: item for item in objects if item["event"] == "verb"}
    (options,) = [item["options"] for item in objects if item["event"] == "options"]
    return verbs, options


def plain_man():
    text = subprocess.run(["man", "-l", str(MAN)], capture_output=True, text=True, check=True,
                          env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}).stdout
    return re.sub(".\b", "", text).replace("\u2010", "-").replace("\u2212", "-").replace("\u2013", "-")


def test_every_verb_of_the_design_is_there(table):
    assert set(table[0]) == {"provision", "info", "explain", "keys", "public-key", "csr", "sign", "verify", "verify-record", "random", "scan", "retire",
                             "adopt", "erase", "compile", "board info", "board provision", "board prove", "virtual new", "virtual serve",
                             "virtual run", "certificate show", "certificate verify", "certificate export", "issuers", "ca new", "tls", "help", "version",
                             "ledger new", "ledger list", "ledger show", "ledger verify", "ledger export", "ledger prove", "ledger backup",
                             "ledger rebuild", "ledger import", "ledger status", "ledger sync", "ledger alarms", "ledger cosign", "ledger stamp",
                             "witness new", "witness trust", "witness list", "witness serve", "report", "label", "line init", "line add-station", "line add-planner", "line verify",
                             "order new", "order list", "order show", "order approve", "order close", "order release", "order lease",
                             "order return", "order sync", "signer serve", "signer check", "signer status", "signer verify", "station",
                             "user add", "user list", "user remove", "manifest export", "manifest verify", "manifest import", "manifest list", "rework", "scrap"}


def test_help_names_every_verb_and_option(table):
    verbs, options = table
    overview = run_program("--help").out
    for name, verb in verbs.items():
        assert re.search(rf"^  {re.escape(name)} +\S", overview, re.M)
        own = run_program(*name.split(), "--help").out
        assert own.startswith(f"usage: imprint [OPTION...] {name}") and verb["summary"] in own and "Examples:" in own
        for option in verb["options"] + options:
            assert re.search(rf"--{option['name']}" + (f" {option['argument']}" if option["argument"] else "") + r"\s", own)
        assert max(map(len, own.splitlines())) <= 80, name
        assert run_program("--json", *name.split(), "-h").objects == [verb]
    for option in options:
        assert f"--{option['name']}" in overview
    for code in ("0", "1", "2", "3", "4", "5", "6", "130"):
        assert re.search(rf"^ +{code}  \S", overview, re.M)
    assert max(map(len, overview.splitlines())) <= 80


@pytest.mark.parametrize("group", ["virtual", "board"])
def test_help_of_a_group_shows_all_its_subcommands(table, group):
    text = run_program(group, "--help").out
    inside = [verb for name, verb in table[0].items() if name.startswith(f"{group} ")]
    assert len(inside) > 1
    for verb in inside:
        assert re.search(rf"^  {verb['name']} +{re.escape(verb['summary'])}$", text, re.M)
    assert run_program("--json", group, "-h").objects == inside
    assert max(map(len, text.splitlines())) <= 80


def test_files_repeat_the_table():
    """Man page, completion and reference page are what scripts/cli-docs makes of the program's table."""
    done = subprocess.run([ROOT / "scripts" / "cli-docs", "--check", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_file_that_does_not_repeat_the_table_is_found(tmp_path):
    """The check can fail: one summary changed, and the copy of the tree is refused."""
    for name in ("scripts/cli-docs", "docs/imprint.1", "docs/completion/imprint.bash", "docs/completion/_imprint",
                 "docs/completion/imprint.fish", "docs/reference/cli.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    page = tmp_path / "docs" / "reference" / "cli.md"
    page.write_text(page.read_text().replace("Make a virtual chip", "Make a potato chip"))
    command = [tmp_path / "scripts" / "cli-docs", "--check", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "docs/reference/cli.md" in done.stderr and "imprint.1" not in done.stderr
    subprocess.run([command[0], PROGRAM], check=True)
    assert page.read_text() == (ROOT / "docs" / "reference" / "cli.md").read_text()


def test_help_does_nothing_else(tmp_path):
    run_program("--state", tmp_path / "s", "provision", "no-such-file", "--help")
    run_program("--state", tmp_path / "s", "virtual", "new", "--help")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("man") is None, reason="no man")
def test_man_page_names_every_verb_and_option(table):
    verbs, options = table
    text = plain_man()
    section = text.split("\nVERBS\n")[1].split("\nDEVICES\n")[0]
    for name, verb in verbs.items():
        # A short tag has its text behind it on the same line, after more than one space.
        match = re.search(rf"^ {{5,8}}{re.escape(name)}(?: ([A-Z\[].*)$| *$|(?=  +\S))", section, re.M)
        assert match, name
        synopsis = re.sub(r"\s+", " ", (match.group(1) or "").strip())
        assert synopsis == verb["arguments"], (name, synopsis)
        # What stands between this verb and the next.
        body = re.split(r"^ {5,8}\S", section[match.end():], maxsplit=1, flags=re.M)[0]
        for option in verb["options"]:
            assert f"--{option['name']}" + (f" {option['argument']}" if option["argument"] else "") in body
        described = set(re.findall(r"^ {12,15}(?:-\w, )?--([a-z-]+)", body, re.M))
        assert described == {option["name"] for option in verb["options"]}, name
    part = text.split("\nOPTIONS\n")[1].split("\nVERBS\n")[0]
    assert set(re.findall(r"^ {5,8}(?:-\w, )?--([a-z-]+)", part, re.M)) == {option["name"] for option in options}
    codes = text.split("\nEXIT STATUS\n")[1].split("\nEXAMPLES\n")[0]
    assert re.findall(r"^ {5,8}(\d+)", codes, re.M) == ["0", "1", "2", "3", "4", "5", "6", "130"]


@pytest.mark.skipif(shutil.which("man") is None, reason="no man")
def test_man_page_is_well_formed():
    env = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    done = subprocess.run(["man", "--warnings", "-l", str(MAN)], capture_output=True, text=True, check=True, env=env)
    assert done.stderr == ""
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", str(MAN)], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == ""


def complete(*words, line=""):
    """What bash offers for the last of `words`, which it has cut from `line` as it does."""
    script = f"""
        source {COMPLETION}
        compopt() {{ :; }}
        COMP_LINE=$LINE COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        _imprint
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script, "bash", *map(str, words)], capture_output=True, text=True, check=True,
                          env={**os.environ, "LINE": line})
    assert done.stderr == ""
    return set(done.stdout.split())


def test_completion_offers_every_verb_and_option(table):
    verbs, options = table
    assert complete("imprint", "") == {name.split()[0] for name in verbs}
    assert complete("imprint", "virtual", "") == {"new", "serve", "run"}
    everywhere = {f"--{option['name']}" for option in options}
    assert complete("imprint", "-") == everywhere
    for name, verb in verbs.items():
        assert complete("imprint", *name.split(), "--") == everywhere | {f"--{option['name']}" for option in verb["options"]}


def test_completion_is_well_formed():
    for shell, name in (("bash", "imprint.bash"), ("zsh", "_imprint"), ("fish", "imprint.fish")):
        if shutil.which(shell):
            done = subprocess.run([shell, "-n", COMPLETION.parent / name], capture_output=True, text=True, check=False)
            assert done.returncode == 0 and done.stderr == "", done.stderr


def complete_in_fish(line):
    script = f"source {COMPLETION.parent / 'imprint.fish'}; complete -C '{line}'"
    done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {word.split("\t")[0] for word in done.stdout.splitlines()}


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish")
def test_completion_in_fish(table, provisioned):
    verbs, options = table
    everywhere = {f"--{option['name']}" for option in options}
    assert complete_in_fish("imprint ") == {name.split()[0] for name in verbs}
    assert complete_in_fish("imprint virtual ") == {"new", "serve", "run"}
    assert complete_in_fish("imprint --") == everywhere
    for name, verb in verbs.items():
        assert complete_in_fish(f"imprint {name} --") == everywhere | {f"--{option['name']}" for option in verb["options"]}
    assert complete_in_fish("imprint --state x virtual new --bus ") == {"i2c", "swi"}
    assert complete_in_fish(f"{PROGRAM} --state {provisioned.state} sign ") == {"16", "18", "maker", "board"}


def test_completion_offers_keys(provisioned):
    for verb in ("public-key", "sign", "csr", "verify"):
        assert complete(PROGRAM, "--state", provisioned.state, verb, "") == {"16", "18", "maker", "board"}
    assert complete(PROGRAM, "--state", provisioned.state, "sign", "bo") == {"board"}
    assert complete(PROGRAM, "--state", provisioned.state, "keys", "") == set()


def test_completion_offers_values():
    assert "profile" in complete("imprint", "provision", "--arm", "")
    assert complete("imprint", "virtual", "new", "--as", "trust") == {"trust-and-go", "trust-flex"}
    assert "virtual" in complete("imprint", "--device", "v")


def test_completion_of_words_that_bash_cuts(provisioned, monkeypatch):
    """At : and =, as bash does unless it is told otherwise."""
    chip = str(provisioned.chip)
    keys = {"16", "18", "maker", "board"}
    assert complete(PROGRAM, "--state", provisioned.state, "--device", "virtual", ":", chip, "sign", "",
                    line=f"{PROGRAM} --state {provisioned.state} --device virtual:{chip} sign ") == keys
    assert complete(PROGRAM, "--state", "=", provisioned.state, "sign", "",
                    line=f"{PROGRAM} --state={provisioned.state} sign ") == keys
    quoted = f'"{provisioned.state}"'
    assert complete(PROGRAM, "--state", quoted, "sign", "m", line=f"{PROGRAM} --state {quoted} sign m") == {"maker"}
    monkeypatch.setenv("HOME", str(provisioned.folder))
    assert complete(PROGRAM, "--state", "~/state", "sign", "m", line=f"{PROGRAM} --state ~/state sign m") == {"maker"}
    assert complete("imprint", "virtual", "new", "--as", "=", "tru", line="imprint virtual new --as=tru") == {
        "trust-and-go", "trust-flex"}
    assert complete("imprint", "--device", "virtual", ":", chip[:-3], line=f"imprint --device virtual:{chip[:-3]}") == {chip}


def test_json_is_well_formed_for_every_verb(provisioned, table):
    from conftest import EXAMPLE
    signature = provisioned.write("s", provisioned.run("sign", "18", EXAMPLE).raw)
    chip = provisioned.json("info").event("chip")
    runs = {
        "provision": ("provision", EXAMPLE, "--arm", "profile"), "info": ("info",), "explain": ("explain", provisioned.write("d", chip["config"])),
        "keys": ("keys",), "public-key": ("public-key", "18"), "csr": ("csr", "18", "-s", "CN=x"), "sign": ("sign", "18", EXAMPLE),
        "verify": ("verify", "18", signature, EXAMPLE), "random": ("random", "5"), "scan": ("scan",), "erase": ("erase", "--yes"),
        "ca new": ("ca", "new"), "issuers": ("issuers", "rehearsal"), "virtual new": ("virtual", "new", provisioned.folder / "new.virtual"), "compile": ("compile", EXAMPLE, "--c"),
        "adopt": ("adopt", EXAMPLE), "verify-record": ("verify-record", provisioned.device / "history.jsonl"), "help": ("help",), "version": ("version",),
        "certificate show": ("certificate", "show"), "certificate verify": ("certificate", "verify"),
        "certificate export": ("certificate", "export", provisioned.folder / "certificates"), "retire": ("retire", chip["serial"], "--yes"),
        "ledger list": ("ledger", "list"), "ledger show": ("ledger", "show", chip["serial"]), "ledger verify": ("ledger", "verify"),
        "ledger export": ("ledger", "export", provisioned.folder / "ledger"), "ledger rebuild": ("ledger", "rebuild"),
        "ledger prove": ("ledger", "prove", chip["serial"], provisioned.folder / "proof"), "ledger import": ("ledger", "import"),
        "ledger backup": ("ledger", "backup", provisioned.folder / "ledger.copy"), "ledger status": ("ledger", "status"),
        "witness new": ("witness", "new", "witness.example/w1", provisioned.folder / "witness"),
        "line init": ("line", "init", "--sql"), "line add-station": ("line", "add-station", "st-01", "--sql"), "line add-planner": ("line", "add-planner", "office", "--sql"),
        "order new": ("order", "new", EXAMPLE, "--quantity", "2"), "order list": ("order", "list"), "order show": ("order", "show", "WO-1"),
        "order close": ("order", "close", "WO-1"),
        "report": ("report", "--rehearsals"), "label": ("label", chip["serial"]),
    }
    # Those that run until they are told to end, one whose output is another program's, and those that want a board, a
    # server, a signer's rules, a signer of manifests, a device of an order, one that failed or no ledger yet have tests of their own.
    assert set(runs) | {"virtual serve", "virtual run", "board info", "board provision", "board prove", "tls", "signer serve", "signer check",
                        "signer status", "signer verify", "station", "user add", "user list", "user remove", "ledger new", "ledger sync", "line verify", "ledger alarms", "ledger cosign", "ledger stamp", "witness trust", "witness list", "witness serve", "order approve", "order release", "order lease", "order return",
                        "order sync", "manifest export", "manifest verify", "manifest import", "manifest list", "rework", "scrap"} == set(table[0])
    for arguments in runs.values():
        assert provisioned.json(*arguments).objects
        assert not [item for item in provisioned.json(*arguments, code=None).objects if item["event"] == "warning"]


def test_usage_of_keys_is_an_array(provisioned):
    assert {tuple(key["usage"]) for key in provisioned.keys().values()} == {("sign-hash", "verify-hash")}


def test_errors_have_their_form(station):
    """For people two lines: what, where, why; and what to do. For machines the same facts."""
    result = station.run("info", code=3)
    first, second = result.err.splitlines()
    assert re.fullmatch(r"imprint: cannot .+ \(.+\): [^A-Z].*[^.]", first) and \
        second == f"next: make one with: imprint virtual new --state {station.state}"
    error = station.json("info", code=3).error
    assert error["reason"] == "device-missing" and error["exit"] == 3 and error["doing"] and error["cause"] in first


def test_exit_codes_of_reasons_are_documented():
    """Every code that a row of the table of reasons has stands in the man page, and the other way round."""
    header = (ROOT / "src" / "base" / "reason.h").read_text()
    values = dict(re.findall(r"^    (ERROR_EXIT_[A-Z_]+) = (\d+),", header, re.M))
    rows = (ROOT / "src" / "base" / "reason_rows.inc").read_text()
    used = {values[name] for name in re.findall(r"^REASON_ROW\(ERROR_[A-Z_]+, \"[a-z-]+\", (ERROR_EXIT_[A-Z_]+),", rows, re.M)}
    documented = set(re.findall(r"^\.It (\d+)$", MAN.read_text().split(".Sh EXIT STATUS")[1].split(".Sh ")[0], re.M))
    assert used == documented == set(values.values())
