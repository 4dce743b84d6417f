// Links to messages: following them, also to where this page does not reach, and copying them.

import { articles, jump } from "./messages.js";

const told = document.getElementById("told");
const TOLD = 4000;
let fading;

export function tell(words) {
  clearTimeout(fading);
  told.textContent = words;
  fading = setTimeout(() => (told.textContent = ""), TOLD);
}

// Gives true if the address names a message, wherever that turns out to be.
export function follow(hash) {
  const id = Number(/^#m(\d{1,15})$/.exec(hash)?.[1]);
  if (!id) return false;
  if (jump(id)) return true;
  const before = Number(new URLSearchParams(location.search).get("before"));
  const first = Number(articles()[0]?.dataset.id ?? 0);
  if (before && id >= before) location.replace(page(null, id));
  else if (id < first && document.querySelector(".earlier")) location.replace(page(id + 50, id));
  else tell("That message is no longer here.");
  return true;
}

function page(before, id) {
  const query = new URLSearchParams(location.search);
  query.delete("before");
  if (before) query.set("before", before);
  return `${location.pathname}?${query}#m${id}`;
}

export function offerLinks(log) {
  log.addEventListener("click", (event) => {
    const link = event.target.closest('[data-act="link"]');
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const menu = link.closest("details");
    if (menu.open) menu.querySelector("summary").focus();
    menu.removeAttribute("open");
    copyLink(link.href);
  });
}

async function copyLink(address) {
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    copyByHand(address);
  }
  tell("Link copied.");
}

// Pages on a home network have no https, and without it no clipboard but this one.
function copyByHand(address) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = address;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  focused?.focus();
}
