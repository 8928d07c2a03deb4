# SPDX-License-Identifier: Apache-2.0
"""A person at the pages of a station, without a browser: keeps the cookie and the token of the forms."""
import http.client
import json
import re
import urllib.parse

from conftest import PATIENCE

PASSWORD = "correct horse battery"


class Person:
    """`source`: the address to come from. `context`: for TLS."""

    def __init__(self, place, source=None, context=None):
        self.place, self.source, self.context = place, source, context
        self.cookie = self.token = None

    def ask(self, path, method="GET", body=None, headers=None):
        """One request: status, headers, body as text."""
        source = (self.source, 0) if self.source else None
        if self.context is None:
            connection = http.client.HTTPConnection(self.place, timeout=PATIENCE, source_address=source)
        else:
            connection = http.client.HTTPSConnection(self.place, timeout=PATIENCE, source_address=source, context=self.context)
        sent = {"Cookie": f"other=1; {self.cookie}"} if self.cookie else {}
        connection.request(method, path, body, {**sent, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        found = dict(answer.getheaders())
        connection.close()
        return answer.status, found, text

    def send(self, path, headers=None, **fields):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask(path, "POST", urllib.parse.urlencode(fields), {**form, **(headers or {})})

    def log_in(self, name, password=PASSWORD):
        status, headers, body = self.send("/login", name=name, password=password)
        assert (status, headers.get("Location")) == (303, "/"), (status, body)
        self.cookie = headers["Set-Cookie"].split(";")[0]
        self.token = json.loads(self.ask("/who")[2])["token"]
        return headers["Set-Cookie"]

    def press(self, path, **fields):
        """A button of a page: sent with the token."""
        return self.send(path, token=self.token, **fields)

    def page(self, path, status=200):
        found, headers, body = self.ask(path)
        assert found == status, (found, body)
        text = body.decode()
        assert text.startswith("<!DOCTYPE html>") and headers["Content-Type"].startswith("text/html")
        # Nothing that the policy would refuse.
        assert not re.search(r"<script>|<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org/2000/svg)", text), path
        return text
