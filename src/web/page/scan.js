// SPDX-License-Identifier: Apache-2.0
// A scanner is a keyboard that types fast and then presses Enter. What it types goes into the field that has the focus;
// where none has, into the scanner's own field.
"use strict";

document.addEventListener("keydown", (event) => {
  const field = document.getElementById("scan") || document.getElementById("name");
  const typing = document.activeElement && document.activeElement.matches("input, select, textarea");
  if (!field || typing || event.key.length !== 1 || event.key === " " || event.ctrlKey || event.altKey || event.metaKey) return;
  field.value = "";
  field.focus(); // the key itself then goes there, too
});
