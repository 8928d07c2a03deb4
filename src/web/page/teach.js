// SPDX-License-Identifier: Apache-2.0
// Looks once a second at what is plugged in, and says which device has come since the page was opened. While a test label
// is being printed, shows the page anew.
"use strict";

const LOOK_MS = 1000;
const usual = { port: "board", kit: "kit", virtual: "virtual", i2c: "i2c" };
const list = document.getElementById("found");
const known = new Set(list ? [...list.children].map((item) => item.dataset.name) : []);
let shown = "";

function ageOf(seconds) {
  return seconds < 120 ? "plugged in " + seconds + " s ago" : "plugged in " + Math.floor(seconds / 60) + " min ago";
}

// A chip on a bus has a serial number, and no time at which it came.
function saidOf(device) {
  return device.socket ? "socket " + device.socket : device.serial ? "chip " + device.serial : ageOf(device.age);
}

function choose(input) {
  document.getElementById("use").value = usual[input.dataset.kind];
}

function itemOf(device, chosen) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  item.dataset.name = device.name;
  text.textContent = saidOf(device);
  if (device.socket) {
    item.append(device.name + " ", text);
    return item;
  }
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "radio";
  input.name = "found";
  input.required = true;
  input.value = device.name;
  input.dataset.kind = device.kind;
  input.checked = device.name === chosen;
  label.append(input, " " + device.name);
  item.append(label, " ", text);
  return item;
}

// The list is made anew only when another device is there: what has the focus keeps it.
function show(devices) {
  const key = JSON.stringify(devices.map((device) => [device.name, device.socket]));
  const spans = list.querySelectorAll("span");
  if (key === shown) {
    devices.forEach((device, index) => { if (!device.socket) spans[index].textContent = saidOf(device); });
    return;
  }
  shown = key;
  const news = devices.filter((device) => !device.socket && !known.has(device.name));
  const before = list.querySelector("input:checked");
  const chosen = news.length === 1 ? news[0].name : before ? before.value : "";
  list.replaceChildren(...devices.map((device) => itemOf(device, chosen)));
  document.getElementById("none").hidden = devices.length > 0;
  const input = list.querySelector("input:checked");
  if (input) choose(input);
  document.getElementById("news").textContent =
    news.length === 0 ? "" : news.length === 1 ? "Plugged in: " + news[0].name + ". Write the name of its socket." : news.length + " devices were plugged in: unplug all but one.";
}

async function look() {
  const answer = await fetch("/setup/devices", { cache: "no-store" });
  if (answer.redirected) return location.assign("/login");
  if (answer.ok) show(await answer.json());
}

if (document.getElementById("printing")) setTimeout(() => location.reload(), LOOK_MS);
if (list) {
  list.addEventListener("change", (event) => choose(event.target));
  setInterval(() => look().catch(() => {}), LOOK_MS);
}
