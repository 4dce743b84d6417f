// The live stream: server-sent events, and what to do when they stop coming.

import { ask } from "./requests.js";

const meta = (name) => document.querySelector(`meta[name="room-${name}"]`).content;
export const FIRST_WAIT = 500; // milliseconds until what the network did not give is asked for again
export const LONGEST_WAIT = 20000;
const NOT_HERE = "This thread is not open to you any more.";

let offset = Number(meta("now")) - Date.now() / 1000;

// Seconds since the epoch by the server's clock: countdowns must not depend on this machine's.
export const now = () => Date.now() / 1000 + offset;

export class Live {
  constructor(on, status) {
    this.on = on;
    this.status = status;
    this.known = meta("since");
    this.beat = Number(meta("beat")) * 1000;
    this.wait = FIRST_WAIT;
    this.over = false;
    this.heard = Date.now();
    setInterval(() => this.listenForSilence(), Math.min(this.beat, 5000));
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.listenForSilence());
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.heard = Date.now();
    const source = new EventSource(this.address());
    this.source = source;
    const hear = (name, act) =>
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.heard = Date.now();
        act(JSON.parse(event.data));
      });
    hear("hello", (data) => this.connected(data));
    hear("beat", (data) => this.setClock(data));
    hear("upto", (data) => (this.known = data.known));
    hear("ended", () => this.end());
    hear("closed", ({ words }) => this.close(words));
    hear("crowded", ({ words }) => this.stop(words));
    hear("reread", () => this.reread());
    for (const name of ["message", "gone", "threads"]) if (this.on[name]) hear(name, this.on[name]);
    source.onerror = () => source === this.source && this.lost();
  }

  address() {
    const address = new URL(meta("live"), location.href);
    address.searchParams.set("since", this.known);
    return address;
  }

  connected(data) {
    this.setClock(data);
    this.wait = FIRST_WAIT;
    this.say("");
  }

  setClock(data) {
    offset = data.now - Date.now() / 1000;
  }

  // The browser would try again by itself, but not when the network swallows everything in silence.
  listenForSilence() {
    if (!this.over && !this.timer && Date.now() - this.heard > 2.5 * this.beat) this.lost();
  }

  lost() {
    if (this.over || this.timer) return;
    this.source.close();
    this.say("Reconnecting…");
    this.timer = setTimeout(() => this.again(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  hurry() {
    if (this.timer) this.open();
  }

  async again() {
    try {
      await ask("GET", "/api/me");
      const page = await fetch(location.pathname, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(15000) });
      if (page.status === 404) return this.close(NOT_HERE);
    } catch (error) {
      if (error.status === 401) return this.end();
    }
    if (!this.over) this.open();
  }

  // Too much has happened to be told one by one: the page is read anew, and what is typed stays.
  async reread() {
    this.source.close();
    try {
      const response = await fetch(location.pathname + location.search, { cache: "no-store", signal: AbortSignal.timeout(30000) });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const since = page.querySelector('meta[name="room-since"]').content;
      this.on.reread?.(page);
      this.known = since;
      this.open();
    } catch {
      this.lost();
    }
  }

  end() {
    this.stop("You are no longer signed in. Open your personal link again.");
    this.on.over?.();
  }

  close(words) {
    this.stop(words);
    this.on.closed?.();
  }

  stop(words) {
    this.over = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source.close();
    this.say(words);
  }

  say(words) {
    if (this.status.textContent !== words) this.status.textContent = words;
    this.status.hidden = !words;
  }
}
