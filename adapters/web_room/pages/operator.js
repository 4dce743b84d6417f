// The operators' page: reads itself again, and asks before anything is decided.

import { now } from "./live.js";

const find = (id) => document.getElementById(id);
const office = find("office");
const fresh = find("fresh");
const dialog = find("sure");
const EVERY = 4000;
const PATIENCE = 15000;
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function refresh() {
  office.addEventListener("submit", (event) => askFirst(event));
  let shown = office.innerHTML.trim();
  showAges();
  setInterval(showAges, 1000);

  async function look() {
    if (document.hidden || dialog.open) return again();
    try {
      const response = await fetch("/operator?part=state", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (response.status === 401 || response.status === 403) return say("You may not see this any more: load the page again.");
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const html = (await response.text()).trim();
      if (html !== shown && !dialog.open) show(html);
      shown = html;
      say("This page refreshes itself.");
    } catch {
      say("Not fresh: the room cannot be reached right now.");
    }
    again();
  }

  function again() {
    setTimeout(look, EVERY);
  }

  look();
}

function show(html) {
  const focused = office.contains(document.activeElement) ? name(document.activeElement) : null;
  office.innerHTML = html; // from our server, which escapes names and words
  showAges();
  if (focused) (Array.from(office.querySelectorAll("button")).find((one) => name(one) === focused) ?? find("main")).focus();
}

const name = (button) => Array.from(button.form?.querySelectorAll("[name]") ?? [], (field) => field.value).join("|");

function say(words) {
  if (fresh.textContent !== words) fresh.textContent = words;
}

function askFirst(event) {
  event.preventDefault();
  const form = event.target;
  find("sure-words").textContent = form.dataset.question;
  find("sure-yes").textContent = form.querySelector("button").firstChild.textContent;
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && send(form), { once: true });
  dialog.showModal();
}

function send(form) {
  const sure = document.createElement("input");
  Object.assign(sure, { type: "hidden", name: "sure", value: "yes" });
  form.append(sure);
  form.submit();
}

function showAges() {
  for (const time of office.querySelectorAll("time[data-ago]")) {
    const at = Number(time.dataset.at);
    const words = age(at - now());
    if (time.textContent !== words) time.textContent = words;
    time.title ||= full.format(new Date(at * 1000));
  }
}

function age(seconds) {
  const [unit, size] = UNITS.find(([, one]) => Math.abs(seconds) >= one) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / size), unit);
}
