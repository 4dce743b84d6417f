// The keyboard: moving through the conversation as the ARIA feed pattern says, shortcuts, and the list of them.

import { article, articles } from "./messages.js";

const find = (id) => document.getElementById(id);
const dialog = find("keys");
const NAME = "backchat single keys";

// People who talk to their computer switch these off: a word would press them all.
const single = () => localStorage.getItem(NAME) !== "off";

export function offerKeys() {
  const box = find("single-keys");
  box.checked = single();
  box.addEventListener("change", () => localStorage.setItem(NAME, box.checked ? "on" : "off"));
  const open = find("show-keys");
  open.hidden = false;
  open.addEventListener("click", () => {
    open.closest("details").removeAttribute("open");
    dialog.showModal();
  });
  dialog.addEventListener("close", () => document.activeElement === document.body && find("main").focus());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || typing(event.target) || document.querySelector("dialog[open]") || !single()) return;
    event.preventDefault();
    dialog.showModal();
  });
}

const typing = (target) => target.matches?.("textarea, input, select, [contenteditable]");

export function moveIn(log) {
  log.addEventListener("focusin", (event) => rove(event.target.closest(".message[data-id]")));
  log.addEventListener("keydown", (event) => {
    const one = event.target.closest(".message[data-id]");
    if (!one || event.altKey || event.metaKey || !move(event, one)) return;
    event.preventDefault();
  });
}

// One message is in the order of the Tab key: the one where one was last.
function rove(one) {
  if (!one) return;
  for (const other of articles()) other.tabIndex = other === one ? 0 : -1;
}

function move(event, one) {
  if (event.ctrlKey) return leave(event.key);
  const all = articles();
  const step = { PageDown: 1, PageUp: -1 }[event.key];
  if (step) return reach(all[all.indexOf(one) + step] ?? one);
  const act = { r: "reply", e: "edit", l: "link" }[event.key];
  if (!act || event.target !== one || !single()) return false;
  one.querySelector(`[data-act="${act}"]`)?.click();
  return true;
}

function leave(key) {
  const aim = { End: find("words") ?? document.querySelector(".later a"), Home: document.querySelector(".post-link a") ?? document.querySelector(".bar .back") }[key];
  aim?.focus();
  return Boolean(aim);
}

function reach(one) {
  article(one.dataset.id).focus();
  one.scrollIntoView({ block: "nearest" });
  return true;
}
