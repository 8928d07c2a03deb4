// SPDX-License-Identifier: Apache-2.0
// Shows what /events says of the station. An event comes at least every five seconds; where none does, the tiles are old
// and the page says so.
"use strict";

const BLIND_MS = 12000; // more than two events that should have come
const RETRY_MS = 2000;
const SERIAL_SHOWN = 6;
const MANY = 8; // with more sockets the tiles are smaller

const shapes = { EMPTY: "empty", WAIT: "wait", BUSY: "busy", PASS: "pass", FAIL: "fail" };
const byId = (id) => document.getElementById(id);
let heard = 0; // when the last event came; 0: none has
let lost = Date.now(); // since when nothing has been heard
let said = new Map(); // socket -> the word that was last read out
let sound = null;

// --- what a tile shows ---

function make(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shapeOf(word) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", "#shape-" + (shapes[word] || "wait"));
  svg.append(use);
  return svg;
}

function shortSerial(serial) {
  return serial ? "\u2026" + serial.slice(-SERIAL_SHOWN) : "";
}

function orderCount(order) {
  return order.quantity ? ", " + order.done + " of " + order.quantity : "";
}

function detailOf(socket) {
  if (socket.word === "FAIL") return [socket.reason, socket.cause, socket.next].filter(Boolean).join(": ");
  if (socket.word === "PASS") {
    const seconds = (socket.ms / 1000).toFixed(1) + " s";
    const board = socket.board ? "board " + socket.board + ", " : "";
    if (socket.cause) return [socket.cause, socket.next].filter(Boolean).join(": ");
    return board + (socket.changes ? seconds + ", " + socket.changes + " changes" : seconds + ", was done: confirmed");
  }
  if (socket.cause) return socket.cause;
  if (socket.board) return "board " + socket.board;
  if (socket.unscanned) return "label of " + socket.unscanned;
  if (socket.last) return "last: " + socket.last.result.toUpperCase() + " " + shortSerial(socket.last.serial);
  return "";
}

function tileOf(socket) {
  const asks = socket.action.startsWith("scan ");
  const tile = make("li", "tile " + (shapes[socket.word] || "wait") + (asks ? " asks" : ""));
  const head = make("div", "head");
  const state = make("div", "state");
  tile.tabIndex = 0;
  tile.dataset.name = socket.name;
  head.append(make("span", "name", socket.name), make("span", "serial", shortSerial(socket.serial)));
  state.append(shapeOf(socket.word), make("span", "word", socket.word));
  tile.append(head, state, make("p", "action", socket.action));
  if (socket.state === "working" && socket.steps) {
    const bar = make("progress", "");
    bar.max = socket.steps;
    bar.value = socket.step;
    bar.setAttribute("aria-label", "steps done");
    tile.append(bar);
  }
  tile.append(make("p", "detail", detailOf(socket)));
  return tile;
}

// --- labels ---

// Redirects and refusals alike: what has become of it is in the next state.
async function printAgain(serial) {
  const body = new URLSearchParams({ serial, token: byId("token").value });
  const answer = await fetch("/label/again", { method: "POST", body });
  if (answer.status === 401) location.assign("/login");
}

function owedOf(label) {
  const item = make("li", "owed");
  const button = make("button", "", "Print again");
  button.type = "button";
  button.dataset.serial = label.serial;
  button.setAttribute("aria-label", "Print again: label of " + label.serial);
  button.addEventListener("click", () => printAgain(label.serial).catch(() => {}));
  item.append(make("span", "", label.socket + " " + label.serial + ": " + [label.cause, label.next].filter(Boolean).join(": ")), button);
  return item;
}

function showLabels(labels) {
  const owed = (labels || []).filter((label) => label.state === "failed");
  const key = JSON.stringify(owed);
  const list = byId("owed");
  byId("labels").hidden = owed.length === 0;
  if (list.dataset.key === key) return; // a button that has the focus keeps it
  list.dataset.key = key;
  list.replaceChildren(...owed.map(owedOf));
}

// A label, an order or a board number is taken here; whatever else leads to its page.
async function takeScan(text) {
  const body = new URLSearchParams({ text, token: byId("token").value });
  const answer = await fetch("/scan", { method: "POST", body });
  if (answer.status === 401) return location.assign("/login");
  const found = answer.ok ? await answer.json() : { matches: false, text: await answer.text() };
  if (found.text === undefined) return location.assign("/find?" + new URLSearchParams({ text }));
  sayScanned(found.matches, found.text);
}

function sayScanned(matches, text) {
  byId("scanned").className = matches ? "" : "wrong";
  byId("scanned").textContent = text;
  play(matches ? [880] : [330, 220, 330, 220]);
}

// The next scan may come before the answer to this one: the field is free at once, and they are sent in their order.
let scans = Promise.resolve();
byId("scan").form.addEventListener("submit", (event) => {
  if (!byId("token").value) return; // nobody is logged in
  event.preventDefault();
  const text = byId("scan").value;
  byId("scan").value = "";
  if (text.trim() === "") return; // some scanners press Enter twice
  scans = scans.then(() => takeScan(text)).catch(() => sayScanned(false, "not sent: scan " + text + " again"));
});

// --- the page ---

// Read out, and heard, is only what an operator waits for.
function announce(sockets) {
  const now = new Map(sockets.map((socket) => [socket.name, socket.word]));
  const news = sockets.filter((socket) => said.size > 0 && said.get(socket.name) !== socket.word);
  const passed = news.filter((socket) => socket.word === "PASS");
  const failed = news.filter((socket) => socket.word === "FAIL");
  const text = (list) => list.map((one) => one.name + " " + one.word + ": " + one.action).join(". ");
  if (passed.length) byId("said").textContent = text(passed);
  if (failed.length) byId("alarm").textContent = text(failed);
  if (failed.length) play([330, 220, 330, 220]);
  else if (passed.length) play([880]);
  said = now;
}

function show(state) {
  const focused = document.activeElement && document.activeElement.dataset.name;
  const tiles = byId("tiles");
  const count = state.count;
  document.title = state.station + ": imprint station";
  byId("station").textContent = state.station;
  byId("order").textContent = [state.order && "order " + state.order.id + orderCount(state.order), state.board && "next: board " + state.board].filter(Boolean).join("; ");
  byId("operator").textContent = state.operator ? "operator " + state.operator : "";
  tiles.className = state.sockets.length > MANY ? "many" : "";
  tiles.replaceChildren(...state.sockets.map(tileOf));
  for (const tile of tiles.children) if (tile.dataset.name === focused) tile.focus({ preventScroll: true });
  byId("passed").textContent = count.passed;
  byId("failed").textContent = count.failed;
  byId("last-hour").textContent = count.last_hour;
  byId("first-pass").textContent = count.boards ? ((100 * count.first_pass) / count.boards).toFixed(1) + " %" : "-";
  byId("since").textContent = "since " + state.started.replace("T", " ").replace("Z", " UTC");
  showLabels(state.labels);
  announce(state.sockets);
}

function showLive() {
  const now = Date.now();
  const blind = heard === 0 || now - heard > BLIND_MS;
  if (!blind) lost = heard;
  document.body.classList.toggle("blind", blind);
  const text = blind ? "BLIND for " + Math.round((now - lost) / 1000) + " s: believe no tile" : "LIVE";
  if (byId("live").textContent !== text) byId("live").textContent = text;
}

function listen() {
  const source = new EventSource("/events");
  const hear = () => {
    heard = Date.now();
    showLive();
  };
  source.addEventListener("state", (event) => {
    show(JSON.parse(event.data));
    hear();
  });
  source.addEventListener("beat", hear);
  source.addEventListener("error", () => {
    heard = 0; // the stream has ended: nothing is known until it is back
    showLive();
    source.close();
    setTimeout(listenAgain, RETRY_MS);
  });
}

// A stream that has ended does not say why. Where the login is over, so is this page.
async function listenAgain() {
  try {
    const answer = await fetch("/state", { cache: "no-store" });
    if (answer.status === 401) location.assign("/login");
    else listen();
  } catch {
    setTimeout(listenAgain, RETRY_MS);
  }
}

// --- who is logged in; nobody, where the sockets may be seen without ---

async function showPerson() {
  const answer = await fetch("/who", { cache: "no-store" });
  const known = answer.ok && !answer.redirected;
  const person = known ? await answer.json() : null;
  byId("who").textContent = known ? person.name + ", " + person.role : "";
  byId("token").value = known ? person.token : "";
  byId("logout").hidden = !known;
  byId("login").hidden = known;
}

// --- sound: browsers allow it after a click or key alone ---

function play(tones) {
  if (sound === null) return;
  tones.forEach((hertz, index) => {
    const tone = sound.createOscillator();
    const gain = sound.createGain();
    gain.gain.value = 0.2;
    tone.frequency.value = hertz;
    tone.connect(gain).connect(sound.destination);
    tone.start(sound.currentTime + 0.22 * index);
    tone.stop(sound.currentTime + 0.22 * index + 0.18);
  });
}

byId("sound").addEventListener("click", () => {
  if (sound === null) sound = new AudioContext();
  else sound = (sound.close(), null);
  byId("sound").setAttribute("aria-pressed", String(sound !== null));
  byId("sound").textContent = sound === null ? "sound off" : "sound on";
  play([880]);
});

setInterval(showLive, 1000);
showPerson().catch(() => {});
listen();
