// The operators' page: reads itself again, and asks before anything is decided.

import { now } from "./live.js";

const find = (id) => document.getElementById(id);
const office = find("office");
const freshness = find("fresh");
const dialog = find("sure");
const EVERY = 4000;
const PATIENCE = 15000;
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function refresh() {
  office.addEventListener("submit", (event) => askFirst(event));
  told = Array.from(office.children, written);
  showAges();
  setInterval(showAges, 1000);

  async function look() {
    if (document.hidden || dialog.open) return again();
    try {
      const response = await fetch("/operator?part=state", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (response.status === 401 || response.status === 403) return say("You may not see this any more: load the page again.");
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const html = await response.text();
      if (dialog.open) return again(); // what is asked about stays until that is answered
      show(html);
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

let told = []; // the sections as the server wrote them: on the page their ages have grown
const written = (section) => section.outerHTML;

// Only what differs is replaced: who is selecting words there, or has scrolled, is not disturbed.
function show(html) {
  const focused = office.contains(document.activeElement) ? name(document.activeElement) : null;
  const template = document.createElement("template");
  template.innerHTML = html; // from our server, which escapes names and words
  const sections = Array.from(template.content.children);
  const fresh = sections.map(written);
  if (fresh.length !== told.length) office.replaceChildren(...sections);
  else sections.forEach((section, index) => fresh[index] === told[index] || office.children[index].replaceWith(section));
  told = fresh;
  showAges();
  if (focused === null || office.contains(document.activeElement)) return;
  (Array.from(office.querySelectorAll("button")).find((one) => name(one) === focused) ?? find("main")).focus();
}

const name = (button) => Array.from(button.form?.querySelectorAll("[name]") ?? [], (field) => field.value).join("|");

function say(words) {
  if (freshness.textContent !== words) freshness.textContent = words;
}

function askFirst(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  find("sure-what").textContent = form.closest(".case").querySelector("h3 bdi").textContent;
  find("sure-words").textContent = form.dataset.question;
  find("sure-yes").textContent = button.firstChild.textContent;
  find("sure-yes").className = button.classList.contains("quieter") ? "danger" : "go";
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
    const words = "due" in time.dataset && at <= now() ? "now" : age(at - now());
    if (time.textContent !== words) time.textContent = words;
    time.title ||= full.format(new Date(at * 1000));
  }
}

function age(seconds) {
  const [unit, size] = UNITS.find(([, one]) => Math.abs(seconds) >= one) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / size), unit);
}
