# SPDX-License-Identifier: Apache-2.0
"""A shift as the operator's browser shows it: Chromium without a screen, at the size of a station's and of a phone.

Screenshots go to IMPRINT_SCREENSHOTS (build/screenshots); docs/guide/*.png are copies of them that somebody has looked at."""
import contextlib
import io
import os
import pathlib
import shutil
import signal
import time

import pytest
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import JavascriptException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from conftest import PATIENCE, run_program
from test_station import Line

NAMES = [f"A{n}" for n in range(1, 9)]
SHOTS = pathlib.Path(os.environ.get("IMPRINT_SCREENSHOTS", "build/screenshots"))
SCREEN, PHONE = (1280, 800), (390, 844)
SECONDS = PATIENCE


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    yield driver
    driver.quit()


@pytest.fixture
def line(tmp_path):
    made = Line(tmp_path, NAMES, operator="17")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def resize(browser, size):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE})


def shoot(browser, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    whole = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    whole.quantize(24, dither=Image.Dither.NONE).save(SHOTS / f"{name}.png", optimize=True)  # for docs/: a third of the bytes


def until(browser, script, wanted=True):
    """Until the script's value is the wanted one. (Selenium runs it beside the page: our policy forbids eval in it.)"""
    deadline = time.monotonic() + SECONDS
    while (value := value_of(browser, script)) != wanted:
        assert time.monotonic() < deadline, (script, value)
        time.sleep(0.05)


def value_of(browser, script):
    """None between two pages, when what the script looks for is not there."""
    with contextlib.suppress(JavascriptException):
        return browser.execute_script(f"return {script}")
    return None


def tile(browser, name):
    return browser.find_element(By.CSS_SELECTOR, f'[data-name="{name}"]')


def word(name):
    return f"document.querySelector('[data-name=\"{name}\"] .word').textContent"


def size(browser, selector):
    """Of its text, in CSS pixels."""
    return float(browser.find_element(By.CSS_SELECTOR, selector).value_of_css_property("font-size")[:-2])


def text_of(browser, identity):
    return browser.find_element(By.ID, identity).get_attribute("textContent")


def overflowing(browser):
    """Elements whose text is wider than they are, and the page itself: nothing may be cut off at the side."""
    return browser.execute_script("""
        const wide = (one) => one.scrollWidth > one.clientWidth + 1;
        return [document.documentElement, ...document.querySelectorAll(".head, .state, .action, header, footer, .tile, #scanned")]
            .filter(wide).map((one) => one.className + " " + one.textContent);""")


def contrast(browser, selector):
    """Of text and its background, by WCAG 2.1, 1.4.3."""
    def light(channel):
        channel /= 255
        return channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4

    colours = browser.execute_script("""
        const style = getComputedStyle(document.querySelector(arguments[0]));
        return [style.color, style.backgroundColor].map((text) => text.match(/[0-9.]+/g).map(Number));""", selector)
    bright = sorted((0.2126 * light(c[0]) + 0.7152 * light(c[1]) + 0.0722 * light(c[2]) for c in colours), reverse=True)
    return (bright[0] + 0.05) / (bright[1] + 0.05)


def check_accessible(browser):
    """What a screen reader and a keyboard need: names, roles, live regions, and everything reachable by Tab."""
    assert browser.execute_script("return document.documentElement.lang") == "en"
    for identity, live in (("said", "polite"), ("alarm", "assertive")):
        assert browser.find_element(By.ID, identity).get_attribute("aria-live") == live
    assert browser.find_element(By.ID, "live").get_attribute("role") == "status"
    reached = set()
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    for _ in range(12 + 8):  # as many links and fields are in front of the tiles
        active = browser.switch_to.active_element
        reached.add(active.get_attribute("data-name") or active.get_attribute("id"))
        active.send_keys(Keys.TAB)
    assert reached >= {"sound", *NAMES}, reached


def test_a_shift(browser, line):
    line.start()
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    until(browser, "document.getElementById('live').textContent", "LIVE")
    assert browser.title == "st-01: imprint station" and text_of(browser, "operator") == "operator 17"
    assert all(tile(browser, name).text.split("\n")[1:] == ["EMPTY", "insert a board"] for name in NAMES)
    for number, name in enumerate(NAMES[:7], 1):
        line.insert(line.board(number, "blank" if name == "A4" else "trust-and-go"), name)
    for name in NAMES[:7]:
        until(browser, word(name), "FAIL" if name == "A4" else "PASS")
    failed = tile(browser, "A4")
    assert "set it aside" in failed.text and "wrong-configuration" in failed.text
    # Colour, shape and word each say it.
    assert len({tile(browser, name).value_of_css_property("background-color") for name in ("A1", "A4", "A8")}) == 3
    assert len({tile(browser, name).find_element(By.TAG_NAME, "use").get_attribute("href") for name in ("A1", "A4", "A8")}) == 3
    assert len({tile(browser, name).value_of_css_property("border-image-source") for name in ("A1", "A4")}) == 2  # at the edge of the eye
    for selector in (".tile.pass", ".tile.fail", ".tile.empty", "header", "#live"):
        assert contrast(browser, selector) >= 4.5, selector
    assert (text_of(browser, "passed"), text_of(browser, "failed"), text_of(browser, "first-pass")) == ("6", "1", "85.7 %")
    assert "A4 FAIL: set it aside" in text_of(browser, "alarm") and "PASS: to good tray" in text_of(browser, "said")
    line.take_out("A2", line.folder / "tray" / "board2")
    until(browser, word("A2"), "EMPTY")
    # Read from two metres: the word at least 46 CSS pixels high (12 mm at 96 a inch), the action 35 (9.3 mm) with ascenders.
    for name, least in ((".word", 60), (".action", 38)):
        assert min(float(one.value_of_css_property("font-size")[:-2]) for one in browser.find_elements(By.CSS_SELECTOR, name)) >= least
    assert overflowing(browser) == []
    assert browser.execute_script("return document.querySelector('footer').getBoundingClientRect().bottom <= innerHeight")
    shoot(browser, "station")
    check_accessible(browser)
    failed = tile(browser, "A4")
    failed.click()
    browser.execute_script("arguments[0].focus()", failed)
    assert "lock: [config, data]" in failed.text  # all of the reason, for whoever stands there
    resize(browser, PHONE)
    until(browser, "innerWidth", PHONE[0])
    assert overflowing(browser) == []
    shoot(browser, "station-phone")
    resize(browser, SCREEN)
    # The sound is off until somebody wants it.
    sound = browser.find_element(By.ID, "sound")
    sound.click()
    assert (sound.text, sound.get_attribute("aria-pressed")) == ("sound on", "true")
    line.stop()


def test_blind(browser, line):
    """A page that hears nothing says so, and finds the station when it is back; so does one whose station hangs."""
    line.write(page="127.0.0.1:0")
    line.start()
    line.write(page=line.place)
    line.insert(line.board(1), "A1")
    line.wait(event="socket", state="pass")
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    until(browser, word("A1"), "PASS")
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    until(browser, "document.body.classList.contains('blind')")
    assert "BLIND" in text_of(browser, "live") and "believe no tile" in text_of(browser, "live")
    assert tile(browser, "A1").value_of_css_property("filter") == "grayscale(1)"
    shoot(browser, "station-blind")
    line.start()
    until(browser, "document.getElementById('live').textContent", "LIVE")
    until(browser, word("A1"), "PASS")
    line.process.send_signal(signal.SIGSTOP)
    until(browser, "document.body.classList.contains('blind')")
    line.process.send_signal(signal.SIGCONT)
    until(browser, "document.getElementById('live').textContent", "LIVE")
    line.stop()


def test_the_policy_holds(browser, line):
    """Nothing on the page breaks its own policy, nothing comes from elsewhere, and a script from outside does not run."""
    line.start()
    browser.get_log("browser")
    browser.get(f"http://{line.place}/")
    until(browser, "document.getElementById('live').textContent", "LIVE")
    assert [item for item in browser.get_log("browser") if item["level"] == "SEVERE"] == []
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert loaded and all(name.startswith(f"http://{line.place}/") for name in loaded)
    browser.execute_script("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.head.append(s)")
    assert browser.execute_script("return window.ran") is None
    line.stop()


def test_names_are_text(browser, line):
    """What a station file or a board says is shown, never run."""
    line.write(operator="<img src=x onerror=document.title=1>")
    line.start()
    browser.get(f"http://{line.place}/")
    until(browser, "document.getElementById('operator').textContent", "operator <img src=x onerror=document.title=1>")
    assert browser.execute_script("return document.images.length") == 0
    line.stop()
