// Whom the box answers: automatically, by choice, by @Name, or nobody because it stays in the room.

import { now } from "./live.js";
import { article, articles } from "./messages.js";

const SETTLED = 10; // seconds: nobody answers by accident a comment that appeared while they typed
const RECENT = 12;

export const fold = (name) => name.normalize("NFKC").toLowerCase().split(/\s+/).join(" ").trim();

export function commenters() {
  const newest = new Map();
  for (const one of articles().reverse()) {
    if ("commenter" in one.dataset && !newest.has(fold(one.dataset.name))) newest.set(fold(one.dataset.name), one);
  }
  return Array.from(newest.values());
}

// Whom the box offers to answer; in a moderation room, the comments on the cards.
export const recent = (desk) => (desk ? articles().reverse().filter((one) => "answerable" in one.dataset) : commenters()).slice(0, RECENT);

// The visitor that a leading @Name means: the longest name wins, as on the server.
export function mentioned(text, candidates) {
  const words = fold(text);
  if (!words.startsWith("@")) return null;
  const opens = (name) => name && words.startsWith(name, 1) && !/[\p{L}\p{N}_]/u.test(words.charAt(1 + name.length));
  const fitting = candidates.filter(([name]) => opens(fold(name)));
  return fitting.sort((one, other) => fold(other[0]).length - fold(one[0]).length)[0] ?? null;
}

export class Picking {
  constructor(role, people, desk) {
    this.role = role;
    this.desk = desk; // in a moderation room nobody is answered but who was chosen
    this.people = people;
    this.picked = null; // {id, reply}: chosen from the menu, or by a Reply button
    this.pinned = null; // what was shown when typing began: news must not change whom one answers
    this.seen = new Map();
  }

  pick(id, reply) {
    this.picked = { id: Number(id), reply };
  }

  clear() {
    this.picked = null;
    this.pinned = null;
  }

  // What the box says, and what is sent with the message.
  resolve(text) {
    const picked = this.picked && article(this.picked.id);
    if (this.picked && !picked) this.picked = null;
    const reply = picked && this.picked.reply ? this.picked.id : null;
    if (this.role !== "author") return { kind: "member", name: reply && picked.dataset.name, reply };
    if (text.trimStart().startsWith("//")) return { kind: "aside", reply };
    // The comment was decided meanwhile: what goes to the blog must not turn into something else.
    if (this.desk && picked?.dataset.kind === "moderation" && !("answerable" in picked.dataset)) return this.dropped();
    if (picked && "answerable" in picked.dataset) return this.answer(picked, picked.dataset.answerable || "picked", reply);
    if (picked && (this.desk || picked.dataset.kind !== "comment")) return { kind: "person", name: picked.dataset.name, reply };
    if (this.desk) return { kind: "desk", reply };
    const named = mentioned(text, [
      ...commenters().map((one) => [one.dataset.name, one]),
      ...this.people.map((name) => [name, null]),
    ]);
    if (named && !named[1]) return { kind: "person", name: named[0], reply };
    if (named) return this.answer(named[1], "by name", null);
    if (picked) return this.answer(picked, "picked", reply);
    const auto = this.automatic(text);
    return auto ? this.answer(auto, "automatic", null) : { kind: "nobody", reply };
  }

  dropped() {
    this.picked = null;
    return { kind: "desk", reply: null };
  }

  answer(one, how, reply) {
    return { kind: "answer", how, id: Number(one.dataset.id), name: one.dataset.name, reply };
  }

  automatic(text) {
    if (!text) this.pinned = null;
    const pinned = this.pinned && article(this.pinned);
    if (pinned) return pinned;
    const chosen = this.held() ?? this.newest();
    if (text && chosen) this.pinned = chosen.dataset.id;
    return chosen;
  }

  // One's own answer that is still held takes further lines up.
  held() {
    const mine = articles().findLast((one) => "mine" in one.dataset && !one.classList.contains("aside"));
    if (!mine) return null;
    const open = mine.dataset.state === "held" || (!mine.dataset.state && now() - Number(mine.dataset.at) < SETTLED);
    return open ? article(mine.dataset.answers ?? mine.dataset.addressed ?? "none") : null;
  }

  newest() {
    const comments = articles().filter((one) => "commenter" in one.dataset);
    return comments.findLast((one) => this.age(one) >= SETTLED) ?? comments.at(-1) ?? null;
  }

  // Comments that were there when the page was made count as settled.
  age(one) {
    if (!this.seen.has(one.dataset.id)) this.seen.set(one.dataset.id, this.started ? now() : 0);
    return now() - this.seen.get(one.dataset.id);
  }

  start() {
    articles().forEach((one) => this.age(one));
    this.started = true;
  }
}
