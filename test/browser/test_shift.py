# SPDX-License-Identifier: Apache-2.0
"""A shift in a browser: log in by a badge, scan an order, make the first article, have a lead approve it, fill the sockets, read the
report, log out. axe-core looks at each page (scripts/get-axe, IMPRINT_AXE). Screenshots: IMPRINT_SCREENSHOTS."""
import os
import pathlib

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from conftest import EXAMPLE, run_program
from test_page import NAMES, PHONE, SCREEN, browser, contrast, overflowing, resize, shoot, size, tile, until, word  # noqa: F401 (the fixture)
from test_quarantine import attempt, faulty
from test_station import Line
from test_station_login import USERS, write_users
from web_client import PASSWORD

AXE = os.environ.get("IMPRINT_AXE")
ORDER = "WO-1042"


@pytest.fixture
def line(tmp_path):
    made = Line(tmp_path, NAMES, order=ORDER, open_tiles=None)
    write_users(made, **USERS)
    run_program("--state", tmp_path / "state", "order", "new", EXAMPLE, "--id", ORDER, "--quantity", "8")
    yield made.start()
    if made.process.poll() is None:
        made.stop()


def axe_finds(driver):
    """What axe-core's own rules find on the page: WCAG 2.1 A and AA, and its best practices. By severity, rule and elements."""
    driver.execute_script(pathlib.Path(AXE).read_text())
    return driver.execute_async_script("""
        const done = arguments[arguments.length - 1];
        axe.run(document).then((result) => done(result.violations.map((one) => [one.impact, one.id, one.nodes.map((node) => node.html)])));""")


def check_axe(driver):
    if AXE is not None:
        assert [one for one in axe_finds(driver) if one[0] in ("serious", "critical")] == []


def see(driver, name):
    """The page as somebody sees it on the station's screen: kept, checked, and nothing is cut off at the side."""
    until(driver, "document.readyState", "complete")
    assert overflowing(driver) == []
    # No table has something that is only seen by moving it.
    assert driver.execute_script("return [...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)") == []
    shoot(driver, name)
    check_axe(driver)


def scan(driver, text):
    """A scanner: types into whatever has the focus, and presses Enter."""
    ActionChains(driver).send_keys(text + "\n").perform()


def heading(driver, text):
    until(driver, "(document.querySelector('h1') || {}).textContent", text)


def go(driver, link, text):
    driver.find_element(By.LINK_TEXT, link).click()
    heading(driver, text)


def log_in(driver, name):
    """The badge first, then the password."""
    heading(driver, "Log in")
    driver.find_element(By.ID, "password").click()
    driver.execute_script("document.activeElement.blur()")
    ActionChains(driver).send_keys(name).perform()  # no field has the focus
    driver.find_element(By.ID, "password").send_keys(PASSWORD)
    driver.find_element(By.CSS_SELECTOR, ".login button").click()
    until(driver, "(document.getElementById('who') || {}).textContent", f"{name}, {USERS[name]}")
    until(driver, "document.getElementById('live').textContent", "LIVE")


def log_out(driver):
    driver.find_element(By.CSS_SELECTOR, ".who button").click()
    heading(driver, "Log in")


def approve(driver):
    """Another person, who has looked at the device."""
    log_out(driver)
    log_in(driver, "4")
    go(driver, "Order", f"Order {ORDER}")
    see(driver, "order")
    driver.find_element(By.XPATH, "//button[text()='Approve the first article']").click()
    until(driver, "document.body.textContent.includes('State: open')")
    log_out(driver)
    log_in(driver, "17")


@pytest.mark.skipif(AXE is None, reason="axe-core has not looked at the pages: IMPRINT_AXE is not set, see scripts/get-axe")
def test_axe_finds_something(browser):  # noqa: F811
    """So that nothing found means something."""
    browser.get("data:text/html,<html><title>x</title><body><img src='data:,'><input></body>")
    assert {"image-alt", "label", "html-has-lang"} <= {one[1] for one in axe_finds(browser)}


def test_a_shift(browser, line):  # noqa: F811
    driver = browser
    resize(driver, SCREEN)
    driver.get(f"http://{line.place}/")
    heading(driver, "Log in")
    see(driver, "login")
    log_in(driver, "17")
    scan(driver, ORDER)
    heading(driver, f"Order {ORDER}")
    go(driver, "Sockets", "st-01")

    # The first article, and no other before it is approved.
    line.insert(line.board(1), "A1")
    until(driver, word("A1"), "PASS")
    line.insert(line.board(2), "A2")
    until(driver, word("A2"), "FAIL")
    assert "first article" in tile(driver, "A2").text
    line.take_out("A2", line.folder / "tray" / "board2")
    approve(driver)

    # The others: one is wrong, one is pulled out while a worker is at it.
    for number, name in enumerate(NAMES[1:], 2):
        board = line.folder / "tray" / "board2" if number == 2 else line.board(number, "blank" if name == "A4" else "trust-and-go")
        line.insert(board, name)
        if name == "A3":
            line.wait(event="socket", name="A3", state="working")
            line.take_out("A3", board)
            until(driver, word("A3"), "EMPTY")
            line.insert(board, "A3")
    for name in NAMES:
        until(driver, word(name), "FAIL" if name == "A4" else "PASS")
    see(driver, "sockets")
    serial = line.objects[-1]["serial"]

    scan(driver, serial)
    heading(driver, f"Device {serial}")
    see(driver, "device")
    go(driver, "Report", "Production report")
    driver.find_element(By.NAME, "rehearsals").click()
    driver.find_element(By.XPATH, "//button[text()='Show']").click()
    heading(driver, "Rehearsal report")
    assert "7" in driver.find_element(By.CSS_SELECTOR, ".key").text and driver.find_elements(By.TAG_NAME, "svg")
    see(driver, "report")
    go(driver, "Set-up", "Set-up")
    see(driver, "set-up")
    driver.find_element(By.LINK_TEXT, "Log").click()
    until(driver, "document.querySelector('h1').textContent.startsWith('Log ')")
    see(driver, "log")
    scan(driver, "nonsense")
    heading(driver, "Not found")
    see(driver, "not-found")

    resize(driver, PHONE)
    for path in ("/", "/order", f"/device?serial={serial}", "/report?rehearsals=yes", "/log"):
        driver.get(f"http://{line.place}{path}")
        until(driver, "document.readyState", "complete")
        assert overflowing(driver) == [], path
        check_axe(driver)
    resize(driver, SCREEN)
    log_out(driver)
    assert [item for item in driver.get_log("browser") if item["level"] == "SEVERE" and "404" not in item["message"]] == []
    line.stop()
    results = line.made()
    assert len([one for one in results.values() if "provisioned" in one]) == 7
    assert run_program("--json", "--state", line.folder / "state", "ledger", "verify").code == 0


def test_labels(browser, tmp_path):  # noqa: F811
    """A label is scanned back; one that was not printed is printed again by its button."""
    line = Line(tmp_path, ("A1", "A2"), open_tiles=None, labels={"to": "folder:labels", "scan": True})  # noqa: F811
    write_users(line, **USERS)
    line.start()
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    log_in(browser, "17")
    line.insert(line.board(1), "A1")
    until(browser, "document.querySelector('[data-name=\"A1\"] .action').textContent", "scan its label")
    until(browser, "document.querySelectorAll('.owed').length", 1)  # there is no folder
    serial = line.wait(event="socket", name="A1", state="pass")["serial"]
    # What a person has to do is seen from two metres: a band of its own, and tiles as large as the page has room for.
    assert contrast(browser, ".asks .action") >= 4.5 and size(browser, ".word") >= 120 and size(browser, ".action") >= 80
    see(browser, "labels")
    (tmp_path / "labels").mkdir()
    browser.find_element(By.CSS_SELECTOR, ".owed button").click()
    until(browser, "document.querySelectorAll('.owed').length", 0)
    assert (tmp_path / "labels" / f"{serial}.png").exists()
    browser.execute_script("document.activeElement.blur()")
    wrong = serial[:-2] + "00"
    scan(browser, wrong)
    until(browser, "document.getElementById('scanned').textContent", f"no: this is the label of {wrong}, which is in no socket")
    assert contrast(browser, "#scanned.wrong") >= 4.5 and size(browser, "#scanned") >= 30
    see(browser, "label-wrong")
    scan(browser, serial)
    until(browser, "document.getElementById('scanned').textContent", "label of socket A1: right")
    until(browser, "document.querySelector('[data-name=\"A1\"] .action').textContent", "to good tray")
    assert contrast(browser, "#scanned") >= 4.5 and size(browser, "#scanned") >= 30 and browser.find_elements(By.CSS_SELECTOR, ".asks") == []
    see(browser, "label-right")
    browser.execute_script("document.activeElement.blur()")
    scan(browser, serial)  # nothing waits any more: it leads to the device
    heading(browser, f"Device {serial}")
    log_out(browser)
    line.stop()


HOLD = """
    const send = window.fetch;
    window.held = [];
    window.fetch = (...asked) => asked[0] !== "/scan" ? send(...asked)
      : new Promise((done, fail) => window.held.push((works) => works ? done(send(...asked)) : fail(new TypeError("no network"))));"""


def test_quick_scans(browser, tmp_path):  # noqa: F811
    """The second comes before the answer to the first: each is sent as it is, in its order; one that was not sent is asked for again."""
    line = Line(tmp_path, ("A1",), open_tiles=None, scan_board=True)  # noqa: F811
    write_users(line, **USERS)
    line.start()
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    log_in(browser, "17")
    browser.execute_script(HOLD)
    for text in ("PCB-1", "", "PCB-2", "PCB-3"):
        scan(browser, text)
    for works, said in ((True, "board PCB-1: put it in next"), (False, "not sent: scan PCB-2 again"), (True, "board PCB-3: put it in next")):
        until(browser, "held.length", 1)
        browser.execute_script("held.shift()(arguments[0])", works)
        until(browser, "document.getElementById('scanned').textContent", said)
    until(browser, "document.getElementById('order').textContent", "next: board PCB-3")
    log_out(browser)
    line.stop()


def test_a_test_label(browser, tmp_path):  # noqa: F811
    """Printed at the page Set-up, and scanned back: the page shows anew by itself what became of it, and waits for the scan."""
    line = Line(tmp_path, ("A1",), open_tiles=None, labels={"to": "folder:labels"})  # noqa: F811
    (tmp_path / "labels").mkdir()
    write_users(line, **USERS)
    line.start()
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    log_in(browser, "4")
    go(browser, "Set-up", "Set-up")
    browser.find_element(By.XPATH, "//button[text()='Print a test label']").click()
    until(browser, "document.querySelectorAll('.good').length", 1)
    see(browser, "label-test")
    (file,) = (tmp_path / "labels").iterdir()
    scan(browser, file.stem)
    heading(browser, "Label test")
    assert "printer and scanner work" in browser.find_element(By.CSS_SELECTOR, ".good").text
    check_axe(browser)
    log_out(browser)
    line.stop()


def test_quarantine(browser, tmp_path):  # noqa: F811
    """A board that fails twice; a lead says rework in the list, by keyboard, then scrap at the device's page."""
    line = faulty(Line(tmp_path, ("A1", "A2"), open_tiles=None))  # noqa: F811
    write_users(line, **USERS)
    line.start()
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    log_in(browser, "4")
    board = line.board(1, "trust-flex")
    for name in ("A1", "A2"):
        serial = attempt(line, board, name)["serial"]
    go(browser, "Quarantine", "Quarantine")
    browser.find_element(By.TAG_NAME, "summary").send_keys("\n")
    see(browser, "quarantine")
    form = browser.find_element(By.CSS_SELECTOR, "form[action='/device/rework']")
    form.find_element(By.NAME, "note").send_keys("U3 reflowed\n")
    until(browser, "document.querySelector('main').textContent.includes('No board waits')")
    attempt(line, board, "A1")
    scan(browser, serial)
    heading(browser, f"Device {serial}")
    see(browser, "device-failed")
    form = browser.find_element(By.CSS_SELECTOR, "form[action='/device/scrap']")
    form.find_element(By.NAME, "note").send_keys("pad lifted")
    form.find_element(By.NAME, "sure").click()
    form.find_element(By.TAG_NAME, "button").click()
    until(browser, "document.querySelector('main').textContent.includes('Scrapped')")
    resize(browser, PHONE)
    for path in ("/quarantine", f"/device?serial={serial}"):
        browser.get(f"http://{line.place}{path}")
        until(browser, "document.readyState", "complete")
        assert overflowing(browser) == [], path
        check_axe(browser)
    resize(browser, SCREEN)
    log_out(browser)
    line.stop()
    assert [result for result in line.made()[serial] if result in ("reworked", "scrapped")] == ["reworked", "scrapped"]


def test_teach(browser, tmp_path):  # noqa: F811
    """A lead plugs a device in: the page says which it is, and has chosen it; by keyboard it becomes a socket that runs."""
    line = Line(tmp_path, (), open_tiles=None, teach={"virtual": "fixture"})  # noqa: F811
    line.write(sockets=None)
    write_users(line, **USERS)
    line.start()
    resize(browser, SCREEN)
    browser.get(f"http://{line.place}/")
    log_in(browser, "4")
    go(browser, "Set-up", "Set-up")
    until(browser, "document.getElementById('none').hidden", False)
    line.insert(line.board(1), "left")
    until(browser, "document.getElementById('news').textContent", f"Plugged in: {tmp_path}/fixture/left. Write the name of its socket.")
    assert browser.execute_script("return document.getElementById('use').value") == "virtual"
    line.insert(line.board(2), "right")
    until(browser, "document.getElementById('news').textContent", "2 devices were plugged in: unplug all but one.")
    line.take_out("right", tmp_path / "tray" / "board2")
    until(browser, "document.querySelectorAll('#found li').length", 1)
    see(browser, "teach")
    browser.find_element(By.NAME, "name").send_keys("A1\n")
    until(browser, "document.querySelector('main').textContent.includes('Sockets that were taught')")
    see(browser, "taught")
    go(browser, "Sockets", "st-01")
    until(browser, word("A1"), "PASS")
    resize(browser, PHONE)
    browser.get(f"http://{line.place}/setup")
    until(browser, "document.readyState", "complete")
    assert overflowing(browser) == []
    check_axe(browser)
    resize(browser, SCREEN)
    log_out(browser)
    line.stop()


def test_the_auditor_verifies(browser, line):  # noqa: F811
    browser.get(f"http://{line.place}/")
    log_in(browser, "a.udit")
    browser.find_element(By.LINK_TEXT, "Log").click()
    until(browser, "document.querySelector('h1').textContent.startsWith('Log ')")
    browser.find_element(By.XPATH, "//button[text()='Verify now']").click()
    heading(browser, "Verification of the log")
    assert "HOLDS:" in browser.find_element(By.CSS_SELECTOR, ".good").text
    check_axe(browser)
    log_out(browser)
    line.stop()
