// What happens on every page of the room: the list of threads, menus, links, keys; then what the page is about.

import { offerKeys } from "./keys.js";
import { follow } from "./links.js";
import { Live } from "./live.js";
import { showTimes } from "./messages.js";
import { findWanted } from "./wanted.js";

const find = (id) => document.getElementById(id);
const log = find("log");
const nav = find("threads");

function showThreads({ html }) {
  const focused = nav.contains(document.activeElement) && document.activeElement.getAttribute("href");
  nav.innerHTML = html; // from our server, which escapes names and words
  showTimes(nav);
  if (focused) (nav.querySelector(`a[href="${CSS.escape(focused)}"]`) ?? nav.querySelector("a")).focus();
}

// Menus close when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  }
});
// Links in texts open beside the room, so that nothing typed is lost.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".text a[href]");
  if (link) link.target = "_blank";
});

findWanted();
offerKeys();
showTimes(document);
if (log) {
  const { past, thread } = await import("./thread.js");
  if ("past" in log.dataset) past();
  else thread(showThreads);
} else {
  new Live({ threads: showThreads }, find("connection"));
  if (find("office")) (await import("./operator.js")).refresh();
}

// Quotes lead to the message, on whichever page it is; the way back is the browser's.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#m"]');
  if (!/^#m\d+$/.test(link?.hash ?? "") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (location.hash !== link.hash) history.pushState(null, "", link.hash);
  follow(link.hash);
});
addEventListener("hashchange", () => log && follow(location.hash));
