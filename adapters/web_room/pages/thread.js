// A thread's page: what the live stream tells, what was seen, and where one stands in the conversation.

import { Box } from "./box.js";
import { offerChoices } from "./moderating.js";
import { moveIn } from "./keys.js";
import { follow, offerLinks } from "./links.js";
import { FIRST_WAIT, LONGEST_WAIT, Live } from "./live.js";
import { arrange, article, articles, atEnd, place, remove, renew, tick, toEnd } from "./messages.js";
import { ask, later, read } from "./requests.js";

const find = (id) => document.getElementById(id);
const log = find("log");
const newer = find("newer");
const heard = find("heard");
const HEARD = 5; // messages that a screen reader may still want to hear

export function past() {
  prepare();
  follow(location.hash);
}

function prepare() {
  arrange();
  moveIn(log);
  offerLinks(log);
}

export function thread(showThreads) {
  prepare();
  const box = new Box();
  offerChoices(log);
  const page = new Looking();

  function hear(act) {
    const before = articles().length;
    const end = page.end;
    act();
    box.refresh();
    if (end) toEnd();
    page.more(Math.max(articles().length - before, 0), end);
  }

  function message({ id, html }) {
    const old = article(id);
    const was = old && { ...old.dataset };
    hear(() => place(id, html));
    announce(article(id), was);
  }

  setInterval(tick, 250);
  page.begin();
  const wanted = /[?&]show=unanswered(&|$)/.test(location.search) && log.querySelector(".message:target:has(.badge.waits)");
  if (wanted) box.came(wanted.dataset.id);
  new Live(
    {
      message,
      gone: ({ id }) => hear(() => remove(id)),
      reread: (fresh) => hear(() => renew(fresh)),
      threads: showThreads,
      over: () => box.close(),
      closed: () => close(box, showThreads),
    },
    find("connection"),
  );
}

// Tells those who do not see it what has come, and what became of their own messages.
function announce(one, was) {
  const { name, state, decided } = one.dataset;
  const mine = "mine" in one.dataset;
  if (!was && !mine) say(`${name}: ${words(one, ".text")}`);
  if (mine && state && state !== was?.state) say(words(one, ".state"));
  if (was && decided && decided !== was.decided) say(`${decided}: ${name}`);
}

// What is no longer for this person's eyes does not stay before them, in the list of threads neither.
async function close(box, showThreads) {
  box.close();
  log.replaceChildren();
  heard.replaceChildren();
  showThreads({ html: "" });
  showThreads({ html: await threads() });
}

// The list as this person may see it now; asked for until the network and the server give it.
async function threads() {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const page = await read("/");
      return page.getElementById("threads")?.innerHTML ?? "";
    } catch {
      await later(wait);
    }
  }
}

const words = (one, part) => one.querySelector(part).textContent.replace(/\s+/g, " ").trim();

function say(what) {
  const line = document.createElement("p");
  line.dir = "auto";
  line.textContent = what;
  heard.append(line);
  while (heard.childElementCount > HEARD) heard.firstElementChild.remove();
}

// What of the conversation is in view: tells the server what was seen, and the person what was not.
class Looking {
  constructor() {
    this.title = document.title;
    this.unseen = 0;
    this.told = Number(log.dataset.upto);
    newer.addEventListener("click", () => toEnd());
    addEventListener("scroll", () => this.look(), { passive: true });
    document.addEventListener("visibilitychange", () => this.look());
    // A keyboard that slides in must not hide the newest words, nor the box.
    addEventListener("resize", () => this.end && toEnd());
    visualViewport?.addEventListener("resize", () => this.lift());
    visualViewport?.addEventListener("scroll", () => this.lift());
  }

  begin() {
    if (!follow(location.hash)) {
      const line = log.querySelector(".split.new");
      if (line) line.scrollIntoView({ block: "center" });
      else toEnd();
    }
    this.look();
  }

  more(count, end) {
    if (!end || document.hidden) this.unseen += count;
    this.look();
  }

  look() {
    this.end = atEnd();
    if (this.end && !document.hidden) this.unseen = 0;
    newer.hidden = this.unseen === 0 || this.end;
    newer.textContent = `↓ ${this.unseen} new`;
    document.title = this.unseen && document.hidden ? `(${this.unseen}) ${this.title}` : this.title;
    const last = Number(articles().at(-1)?.dataset.id ?? 0);
    if (this.end && document.visibilityState === "visible" && last > this.told) {
      this.told = last;
      ask("PUT", `/api/threads/${log.dataset.thread}/read`, { upto: last }).catch(() => (this.told = 0));
    }
  }

  // Where the browser lays the keyboard over the page instead of shrinking it, the box is lifted above it.
  lift() {
    const { height, offsetTop, scale } = visualViewport;
    const covered = scale > 1.01 ? 0 : Math.max(0, innerHeight - height - offsetTop);
    document.documentElement.style.setProperty("--covered", `${Math.round(covered)}px`);
  }
}
