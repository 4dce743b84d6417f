// What happens on a page of the room: the list of threads, and in a thread the conversation and its box.

import { Live } from "./live.js";
import { arrange, articles, atEnd, jump, place, remove, renew, showTimes, tick, toEnd } from "./messages.js";
import { ask } from "./requests.js";

const find = (id) => document.getElementById(id);
const log = find("log");
const nav = find("threads");

function showThreads({ html }) {
  const focused = nav.contains(document.activeElement) && document.activeElement.getAttribute("href");
  nav.innerHTML = html; // from our server, which escapes names and words
  showTimes(nav);
  if (focused) nav.querySelector(`a[href="${focused}"]`)?.focus();
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

// A message that is not on this page is on an earlier one.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#m"]');
  const id = Number(link?.hash.slice(2));
  if (!id) return;
  event.preventDefault();
  if (!jump(id)) location.href = `?before=${id + 50}#m${id}`;
});

showTimes(document);
if (log && "past" in log.dataset) past();
else if (log) await thread();
else new Live({ threads: showThreads }, find("connection"));

function past() {
  arrange();
  jump(location.hash.slice(2));
}

async function thread() {
  const { Box } = await import("./box.js");
  const title = document.title;
  let unseen = 0;
  let told = Number(log.dataset.upto);
  arrange();
  const box = new Box();
  const newer = find("newer");

  function hear(act) {
    const follow = atEnd();
    const before = articles().length;
    act();
    box.refresh();
    if (follow) toEnd();
    if (!follow || document.hidden) unseen += Math.max(articles().length - before, 0);
    look();
  }

  // Tells the server what was seen, and the person what was not.
  function look() {
    if (atEnd() && !document.hidden) unseen = 0;
    newer.hidden = unseen === 0 || atEnd();
    newer.textContent = `↓ ${unseen} new`;
    document.title = unseen && document.hidden ? `(${unseen}) ${title}` : title;
    const last = Number(articles().at(-1)?.dataset.id ?? 0);
    if (atEnd() && document.visibilityState === "visible" && last > told) {
      told = last;
      ask("PUT", `/api/threads/${log.dataset.thread}/read`, { upto: last }).catch(() => (told = 0));
    }
  }

  newer.addEventListener("click", () => toEnd());
  addEventListener("scroll", look, { passive: true });
  document.addEventListener("visibilitychange", look);
  setInterval(tick, 250);

  const start = location.hash.startsWith("#m") && jump(location.hash.slice(2));
  if (!start) {
    const line = log.querySelector(".split.new");
    if (line) line.scrollIntoView({ block: "center" });
    else toEnd();
  }
  look();
  new Live(
    {
      message: ({ id, html }) => hear(() => place(id, html)),
      gone: ({ id }) => hear(() => remove(id)),
      reread: (page) => hear(() => renew(page)),
      threads: showThreads,
      over: () => box.close(),
    },
    find("connection"),
  );
}
