# SPDX-License-Identifier: Apache-2.0
"""This host as a board (firmware/board/host/): an application with a chip and a flash, its console at a pseudo terminal."""
import os
import pathlib
import pty
import select
import signal
import subprocess
import threading
import time
import tty

from conftest import PATIENCE, ROOT

BUILD = pathlib.Path(os.environ.get("IMPRINT_FIRMWARE", str(ROOT / "build" / "firmware" / "host")))
TESTS = pathlib.Path(os.environ.get("IMPRINT_TEST_FIRMWARE", str(ROOT / "build" / "test" / "firmware" / "host")))
FACTORY = BUILD / "factory"
PRIMARY = BUILD / "primary"
FACTORY_BLANK = TESTS / "factory_blank"
FACTORY_BYTES = TESTS / "factory_bytes"
FACTORY_COUNTED = TESTS / "factory_counted"
FACTORY_GENUINE = TESTS / "factory_genuine"
FACTORY_REPORTED = TESTS / "factory_reported"
FACTORY_BLANK_ARMED = TESTS / "factory_blank_armed"
FACTORY_BLANK_ALONE = TESTS / "factory_blank_alone"
PROFILE = ROOT / "profiles" / "board-factory.yaml"
PROFILE_BYTES = ROOT / "test" / "data" / "profiles" / "board-bytes.yaml"
PROFILE_COUNTED = ROOT / "test" / "data" / "profiles" / "board-counted.yaml"
PROFILE_GENUINE = ROOT / "test" / "data" / "profiles" / "board-genuine.yaml"
PROFILE_REPORTED = ROOT / "test" / "data" / "profiles" / "board-reported.yaml"
PROFILE_BLANK = ROOT / "test" / "data" / "profiles" / "board-blank.yaml"


def crc(line):
    """The checksum of a frame, over everything before its " *"."""
    register = 0
    for byte in line.encode():
        for bit in range(8):
            register = (register << 1 ^ (0x8005 if (byte >> bit ^ register >> 15) & 1 else 0)) & 0xffff
    return f"{register:04X}"


def frame(line):
    return f"@{line} *{crc('@' + line)}"


def words_of(line):
    """A frame's verb and its values, where the checksum is right; else None."""
    line = line.strip()
    if not line.startswith("@") or len(line) < 7 or line[-6:-4] != " *" or crc(line[:-6]) != line[-4:]:
        return None
    words, word, quoted, escaped = [], "", False, False
    for char in line[1:-6] + " ":
        if escaped:
            word, escaped = word + char, False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == " " and not quoted:
            words.append(word)
            word = ""
        else:
            word += char
    return words[0], dict(item.split("=", 1) for item in words[1:] if "=" in item), words[1:]


class Once:
    """A filter that replaces `text`, which lies within one line, the first time that it passes, in however many pieces it comes."""

    def __init__(self, text, other):
        self.text, self.other, self.held, self.is_done = text, other, b"", False

    def __call__(self, chunk):
        whole, line_end, self.held = (self.held + chunk).rpartition(b"\n")
        passed = whole + line_end
        if self.text in passed and not self.is_done:
            self.is_done = True
            passed = passed.replace(self.text, self.other, 1)
        if self.is_done:
            passed, self.held = passed + self.held, b""
        return passed


class Board:
    """One boot of an application, a program or a command line. `console` is the terminal that a station opens; `to_station` and `to_board` may
    change what passes, chunk by chunk (bytes in, bytes out; None: the wire is cut)."""

    def __init__(self, image, chip, flash, to_station=None, to_board=None, **settings):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.console = os.ttyname(self.slave)
        self.heard, self.told = b"", b""  # by the board, and by a station
        self.filters = to_station or (lambda chunk: chunk), to_board or (lambda chunk: chunk)
        environment = dict(os.environ, IMPRINT_BOARD_CHIP=str(chip), IMPRINT_BOARD_FLASH=str(flash), **settings)
        command = image if isinstance(image, list) else [image]
        self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment)
        self.pump = threading.Thread(target=self._pump, daemon=True)
        self.pump.start()

    def _pump(self):
        board = self.process.stdout.fileno()
        while True:
            try:
                ready, _, _ = select.select([self.master, board], [], [], 0.05)
                if board in ready:
                    chunk = os.read(board, 4096)
                    if not chunk:
                        return
                    self.heard += chunk
                    passed = self.filters[0](chunk)
                    if passed:
                        os.write(self.master, passed)
                if self.master in ready:
                    chunk = os.read(self.master, 4096)
                    self.told += chunk
                    passed = self.filters[1](chunk)
                    if passed:
                        os.write(self.process.stdin.fileno(), passed)
            except (OSError, ValueError):
                return

    def type(self, text):
        """As a person, or another machine, at the console."""
        os.write(self.process.stdin.fileno(), text if isinstance(text, bytes) else text.encode())

    def wait_for(self, text, after=0, patience=PATIENCE):
        """What has been said from the `after`th byte on, as soon as `text` is in it."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            said = self.heard[after:].decode("latin-1")
            if text in said:
                return said
            if self.process.poll() is not None and not self.pump.is_alive():
                break
            time.sleep(0.005)
        raise AssertionError(f"{text!r} was not said:\n{self.heard[after:].decode('latin-1')}")

    def ask(self, command, patience=PATIENCE):
        """The frames of the answer to a command, and its talk."""
        after = len(self.heard)
        self.type(command + "\n")
        verb = command.lstrip("@").split()[0]
        until = time.monotonic() + patience
        while time.monotonic() < until:
            said = self.heard[after:].decode("latin-1")
            frames = [words for words in map(words_of, said.split("\n")[:-1]) if words]
            last = [item for item in frames if item[0] in ("ok", "error", "again")]
            if last and (last[-1][0] == "again" or last[-1][2][0] in (verb, "unknown")):
                return frames, said
            time.sleep(0.005)
        raise AssertionError(f"no answer to {command!r}:\n{self.heard[after:].decode('latin-1')}")

    def kill(self):
        """Power off."""
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self):
        """Pulls the console and lets the application end by itself; its exit code."""
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.pump.join(PATIENCE)
        error = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass
        assert "Sanitizer" not in error and "runtime error:" not in error, error
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.process.stdin.closed:
            self.close()
