# SPDX-License-Identifier: Apache-2.0
"""Boards in QEMU for the end-to-end tests: an image, its flash in a file, its console, a chip on its wire."""
import contextlib
import os
import pathlib
import re
import selectors
import signal
import subprocess
import time

from conftest import PATIENCE, ROOT

BOARDS = ("mps2-an385", "mps2-an505")
IMAGES = pathlib.Path(os.environ.get("IMPRINT_IMAGES", str(ROOT / "build" / "firmware")))
# What layout.c of each board has, as --storage wants it.
GEOMETRY = {"mps2-an385": "4096x8/4-1", "mps2-an505": "2048x16/8-1"}


def image(board, name):
    path = IMAGES / board / name / f"{name}.elf"
    assert path.is_file(), f"{path} is not built: scripts/build-firmware"
    return path


class Frame:
    """A line of the console for machines: @verb words name=value *check (docs/reference/board-protocol.md)."""

    def __init__(self, line):
        words = line[1:].split(" ")
        self.verb = words[0]
        self.words = [word for word in words[1:-1] if "=" not in word]
        self.values = dict(word.split("=", 1) for word in words[1:-1] if "=" in word)

    def __getitem__(self, name):
        return self.values[name]


class Board:
    """One power-up: from the moment it is made until stop() or the image's own end."""

    def __init__(self, board, program, flash, chip=None):
        command = [ROOT / "firmware" / "run", "--timeout", str(2 * PATIENCE), "--pid", f"{flash}.pid"]
        if chip is not None:
            command += ["--chip", chip]
        pid = pathlib.Path(f"{flash}.pid")
        pid.unlink(missing_ok=True)
        self.process = subprocess.Popen([*map(str, command), board, str(program), str(flash)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = pid
        self.text = ""
        self.frames = []
        os.set_blocking(self.process.stdout.fileno(), False)

    def _take(self, timeout):
        """Reads what has come; False at the console's end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout):
                return True
        data = os.read(self.process.stdout.fileno(), 65536)
        self.text += data.decode("latin-1")
        lines = self.text.split("\r\n")
        self.frames = [Frame(line) for line in lines[:-1] if line.startswith("@")]
        return len(data) > 0

    def await_frame(self, *verbs, after=0):
        """The first frame of these verbs from the `after`-th frame on, and the number of the one behind it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for number, frame in enumerate(self.frames[after:], after):
                if frame.verb in verbs:
                    return frame, number + 1
            if not self._take(1):
                break
        raise AssertionError(f"no frame {' or '.join(verbs)}:\n{self.text}\n{self.errors()}")

    def await_text(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            assert time.monotonic() < deadline and self._take(1), f"no {pattern}:\n{self.text}\n{self.errors()}"
        return re.search(pattern, self.text)

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\r")
        self.process.stdin.flush()

    def command(self, line):
        """Sends it, and gives the frames up to its end, which must be good."""
        begin = len(self.frames)
        self.send(line)
        end, after = self.await_frame("ok", "error", after=begin)
        assert end.verb == "ok", f"{line} failed:\n{self.text}"
        return self.frames[begin:after]

    def cut(self):
        """The power fails: nothing is said any more, and nothing finished."""
        os.kill(int(self.pid.read_text()), signal.SIGKILL)
        self.process.wait(PATIENCE)

    def end(self):
        """Waits for the image's own end: its exit code."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._take(1):
            pass
        return self.process.wait(PATIENCE)

    def errors(self):
        """How the board ended, where it has."""
        try:
            code = self.process.wait(1)
        except subprocess.TimeoutExpired:
            return "(still running)"
        return f"(ended with {code}) " + self.process.stderr.read().decode("utf-8", "replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()


@contextlib.contextmanager
def powered(board, name, flash, chip=None, program=None):
    """A board that runs `name` until the end of the block."""
    running = Board(board, program or image(board, name), flash, chip)
    try:
        yield running
    finally:
        running.stop()
