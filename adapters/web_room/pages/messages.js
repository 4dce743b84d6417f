// The conversation: puts fragments from the server in their places, and keeps days, times and countdowns right.

import { now } from "./live.js";

const log = document.getElementById("log");
const NEAR = 160;
const TOGETHER = 300;
const LATE = 5; // seconds after its time, from which on an answer waits for something else

const day = (date) => date.toDateString();
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const fullDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

export const article = (id) => document.getElementById(`m${id}`);
export const articles = () => Array.from(log.querySelectorAll(".message[data-id]"));

export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // from our server, which escapes names and sanitises texts
  return template.content.querySelector(".message");
}

export function place(id, html) {
  const fresh = fragment(html);
  const old = article(id);
  if (old) mend(old, fresh);
  else insert(Number(id), fresh);
  arrange();
}

export function remove(id) {
  const old = article(id);
  if (!old) return;
  const next = old.nextElementSibling;
  if (old.contains(document.activeElement)) (next ?? log).focus?.();
  old.remove();
  for (const quote of log.querySelectorAll(`a.quote[href="#m${id}"] .quote-words`)) quote.textContent = "(deleted)";
  arrange();
}

// Takes the conversation over from the page as the server gives it now; what is still being sent stays.
export function renew(page) {
  const sending = log.querySelectorAll(".sending");
  log.setAttribute("aria-busy", "true");
  log.replaceChildren(...page.querySelectorAll("#log > .message"), ...sending);
  const earlier = page.querySelector(".earlier");
  document.querySelector(".earlier")?.remove();
  if (earlier) log.before(earlier);
  arrange();
  log.removeAttribute("aria-busy");
}

function insert(id, fresh) {
  const after = articles().findLast((one) => Number(one.dataset.id) < id);
  if (after) after.after(fresh);
  else log.prepend(fresh);
}

// Only what differs is replaced, so that a screen reader hears the news and not the whole message again.
function mend(old, fresh) {
  const acting = old.contains(document.activeElement) && ownAct(document.activeElement);
  for (const name of ["class", ...Object.keys({ ...old.dataset, ...fresh.dataset }).map(attribute)]) {
    if (fresh.hasAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    else old.removeAttribute(name);
  }
  const content = old.querySelector(".content");
  for (const part of [".head", ".text", ".stamp", ".state"]) {
    const before = content.querySelector(`:scope > ${part}`);
    const after = fresh.querySelector(`.content > ${part}`);
    if (before.innerHTML !== after.innerHTML || before.className !== after.className) before.replaceWith(after);
  }
  const quote = content.querySelector(":scope > .quote");
  const freshQuote = fresh.querySelector(".content > .quote");
  if (quote && !freshQuote) quote.remove();
  if (!quote && freshQuote) content.querySelector(":scope > .text").before(freshQuote);
  if (quote && freshQuote && quote.outerHTML !== freshQuote.outerHTML) quote.replaceWith(freshQuote);
  if (!old.querySelector(".acts [open]")) old.querySelector(".acts").replaceWith(fresh.querySelector(".acts"));
  if (acting) (old.querySelector(acting) ?? old).focus();
}

const ownAct = ({ dataset: { act, choice } }) => act && `[data-act="${act}"]${choice ? `[data-choice="${choice}"]` : ""}`;

const attribute = (key) => `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

// Days, the line above what is new, and lines of one person that belong together.
export function arrange() {
  document.getElementById("silence")?.toggleAttribute("hidden", articles().length > 0);
  const upto = Number(log.dataset.upto);
  let latest = "";
  let newest = 0;
  let previous = null;
  let told = false;
  for (const one of log.querySelectorAll(".message")) {
    const at = Number(one.dataset.at);
    const date = new Date(at * 1000);
    const isNew = !told && Number(one.dataset.id) > upto && !("mine" in one.dataset) && one.dataset.id;
    const later = day(date) !== latest && at > newest;
    keepLines(one, [...(later ? [[dayName(date), ""]] : []), ...(isNew ? [["New", "new"]] : [])]);
    if (later) {
      latest = day(date);
      newest = at;
    }
    told ||= Boolean(isNew);
    const follows = !later && !isNew && belongs(previous, one);
    one.classList.toggle("follows", follows);
    previous?.classList.toggle("followed", follows);
    previous?.classList.toggle("same", follows && fate(previous) !== "" && fate(previous) === fate(one));
    showTime(one, date, latest);
    previous = one;
  }
  previous?.classList.remove("followed", "same");
  while (log.lastElementChild?.matches(".split")) log.lastElementChild.remove();
  number();
  tick();
}

// Says which message of how many each is, as the ARIA feed pattern asks; -1 where earlier ones are not on the page.
function number() {
  const all = articles();
  const size = "past" in log.dataset || document.querySelector(".earlier") ? -1 : all.length;
  all.forEach((one, index) => {
    set(one, "aria-posinset", index + 1);
    set(one, "aria-setsize", size);
  });
  if (all.length && !all.some((one) => one.tabIndex === 0)) all.at(-1).tabIndex = 0;
}

function set(one, name, value) {
  if (one.getAttribute(name) !== String(value)) one.setAttribute(name, value);
}

// What became of a message. Lines that are one answer share it, so only the last of them says it.
function fate(one) {
  const { state } = one.dataset;
  if (!state) return "";
  const until = one.querySelector("[data-until]")?.dataset.until;
  const link = one.querySelector(".state > span > a[target]")?.href;
  const why = one.querySelector(state === "refused" ? ".state" : ".state .why")?.textContent;
  return [state, until, link, why].join(" ");
}

// The lines of the held answer that this line is of: they share its countdown and the person that it answers.
export function answerOf(one) {
  const countdown = (line) => line.querySelector("[data-until]")?.dataset.until;
  const whom = (line) => line.querySelector(".state .to")?.textContent;
  const shares = (line) => line.dataset.state === "held" && countdown(line) === countdown(one) && whom(line) === whom(one);
  return countdown(one) ? articles().filter((line) => "mine" in line.dataset && shares(line)) : [one];
}

function belongs(previous, one) {
  if (!previous || previous.dataset.kind !== "person" || one.dataset.kind !== "person") return false;
  const same = ["name", "addressed"].every((key) => previous.dataset[key] === one.dataset[key]);
  const looks = previous.classList.contains("aside") === one.classList.contains("aside");
  return same && looks && !one.querySelector(".quote") && Number(one.dataset.at) - Number(previous.dataset.at) < TOGETHER;
}

// Lines that are right already stay untouched: a screen reader would read them again.
function keepLines(one, wanted) {
  const there = [];
  for (let line = one.previousElementSibling; line?.matches(".split"); line = line.previousElementSibling) there.unshift(line);
  if (there.map((line) => line.textContent).join("|") === wanted.map(([words]) => words).join("|")) return;
  there.forEach((line) => line.remove());
  wanted.forEach(([words, kind]) => one.before(split(words, kind)));
}

function split(words, kind) {
  const line = document.createElement("div");
  line.className = `split ${kind}`;
  line.textContent = words;
  return line;
}

function dayName(date) {
  const today = new Date(now() * 1000);
  const yesterday = new Date(today.getTime() - 86400000);
  if (day(date) === day(today)) return "Today";
  if (day(date) === day(yesterday)) return "Yesterday";
  return today.getTime() - date.getTime() < 200 * 86400000 ? longDay.format(date) : fullDay.format(date);
}

function showTime(one, date, latest) {
  const time = one.querySelector("time");
  if (!time) return;
  write(time, day(date) === latest ? clock.format(date) : `${shortDay.format(date)}, ${clock.format(date)}`);
  time.title = full.format(date);
}

// Times outside the conversation: the list's are short, the post's is a day.
export function showTimes(within) {
  const today = day(new Date(now() * 1000));
  for (const time of within.querySelectorAll("time[data-short], time[data-day]")) {
    const date = new Date(Number(time.dataset.at) * 1000);
    const sameDay = day(date) === today;
    write(time, "day" in time.dataset ? fullDay.format(date) : sameDay ? clock.format(date) : shortDay.format(date));
    time.title = full.format(date);
  }
}

export function tick() {
  for (const late of document.querySelectorAll("[data-again][hidden]")) {
    if (now() < Number(late.dataset.again)) continue;
    late.hidden = false;
    for (const button of late.closest(".message").querySelectorAll('[aria-disabled="true"]')) button.removeAttribute("aria-disabled");
  }
  for (const countdown of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil(Number(countdown.dataset.until) - now());
    const late = left <= -LATE;
    write(countdown.previousElementSibling, late ? "as soon as" : "in");
    write(countdown, late ? "its turn comes" : left > 0 ? (left >= 120 ? `${Math.ceil(left / 60)} min` : `${left} s`) : "a moment");
  }
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

const page = document.scrollingElement;
export const atEnd = () => page.scrollHeight - page.scrollTop - innerHeight < NEAR;
export const toEnd = () => page.scrollTo({ top: page.scrollHeight });

export function jump(id) {
  const target = article(id);
  if (!target) return false;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
  target.classList.remove("found");
  void target.offsetWidth; // restarts the highlight
  target.classList.add("found");
  return true;
}
