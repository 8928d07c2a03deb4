# SPDX-License-Identifier: Apache-2.0
"""Clients that send a byte a second are ended after a time in all, however they drip. One minute: for the long tests."""
import select
import threading
import time

from test_station import make_line  # noqa: F401 (the fixture)
from test_station_login import UNFINISHED, USERS, hold, write_users
from web_client import Person

MOST_S = 10 + 3  # the limit, and until it is looked at


def drip(one, ended):
    """A byte a second, until the other side has ended it."""
    began = time.monotonic()
    while time.monotonic() - began < 30:
        if select.select([one], [], [], 1)[0]:
            break
        try:
            one.sendall(b"x")
        except OSError:
            break
    ended.append(time.monotonic() - began)


def test_a_byte_a_second(make_line):  # noqa: F811
    line = make_line(open_tiles=None)
    write_users(line, **USERS)
    line.start()
    ended = []
    held = [one for number, text in enumerate(UNFINISHED) for one in hold(line.place, f"127.0.0.{20 + number}", 4, text)]
    threads = [threading.Thread(target=drip, args=(one, ended)) for one in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == len(held) and 5 < min(ended) and max(ended) < MOST_S, ended
    Person(line.place).log_in("17")
    for one in held:
        one.close()
    line.stop()
