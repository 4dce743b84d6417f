// The reply box: says whom it answers, sends in order and exactly once, edits, and takes back what is undone.

import { Choices } from "./choosing.js";
import { answerOf, articles, place, remove, toEnd } from "./messages.js";
import { Picking, commenters, fold, recent } from "./picking.js";
import { Refusal, ask, later, newId } from "./requests.js";

const find = (id) => document.getElementById(id);
const log = find("log");
const form = find("box");
const words = find("words");
const thread = log.dataset.thread;
const draftName = `backchat draft ${thread}`;
const HOW = { automatic: "chosen for you", "by name": "because you named them", picked: "", approves: "Answering approves the comment first" };

export class Box {
  constructor() {
    this.picking = new Picking(form.dataset.role, JSON.parse(form.dataset.people), "desk" in form.dataset);
    this.picking.start();
    this.sending = Promise.resolve();
    this.editing = null;
    this.draft = ""; // what was in the box when editing began
    this.names = new Choices(find("names"), words, (name) => this.complete(name));
    if (form.dataset.role === "author") this.offerChoice();
    find("unpick").addEventListener("click", () => this.cancel());
    form.addEventListener("submit", (event) => this.submit(event));
    words.addEventListener("keydown", (event) => this.key(event));
    words.addEventListener("input", () => this.typed());
    words.addEventListener("blur", () => this.names.hide());
    log.addEventListener("click", (event) => this.act(event));
    words.value = sessionStorage.getItem(draftName) ?? "";
    this.typed();
    setInterval(() => this.refresh(), 1000);
    words.disabled = find("send").disabled = false; // nothing typed before now would have been sent
  }

  // --- Whom it answers

  offerChoice() {
    const whom = find("whom");
    this.choices = new Choices(find("choices"), whom, (value) => {
      if (value === null) this.picking.clear();
      else this.picking.pick(value, this.picking.desk);
      this.refresh();
      words.focus();
    });
    whom.addEventListener("click", () => (this.choices.open ? this.choices.hide() : this.showChoices()));
    whom.addEventListener("keydown", (event) => {
      if (!this.choices.key(event) && event.key === "ArrowDown") this.showChoices();
    });
    whom.addEventListener("blur", () => this.choices.hide());
  }

  showChoices() {
    const { desk } = this.picking;
    const items = recent(desk).map((one) => ({
      who: one.dataset.name,
      what: one.querySelector(".text").textContent.trim().slice(0, 120),
      value: one.dataset.id,
    }));
    const auto = desk
      ? { who: "Nobody", what: "It stays in the room", value: null }
      : { who: "Choose automatically", what: "The newest comment, or the one you are answering", value: null };
    const at = items.findIndex((item) => Number(item.value) === this.picking.picked?.id);
    this.choices.show([auto, ...items], at + 1);
  }

  refresh() {
    const editing = this.editing !== null;
    const found = editing ? { kind: "editing" } : this.picking.resolve(words.value);
    form.classList.toggle("stays", !["answer", "nobody", "editing"].includes(found.kind));
    find("send").textContent = editing ? "Save" : "Send";
    find("enter-does").textContent = editing ? "saves" : "sends";
    find("unpick").hidden = !editing && !this.picking.picked;
    this.sayWhom(found);
  }

  sayWhom(found) {
    const [before, name, how] = label(found);
    const whom = find("whom");
    const shown = `${before}|${name}`;
    if (whom.dataset.shown !== shown) {
      whom.dataset.shown = shown;
      whom.replaceChildren(before);
      if (name) whom.append(" ", bold(name));
      if (whom.tagName === "BUTTON" && this.editing === null) whom.append(arrow());
    }
    whom.disabled = this.editing !== null;
    if (find("how").textContent !== how) find("how").textContent = how;
    find("how").classList.toggle("whole", how === HOW.approves);
  }

  cancel() {
    if (this.editing !== null) this.leave();
    else this.picking.clear();
    this.refresh();
    words.focus();
  }

  // Ends editing: what was typed before comes back, addressed as it was.
  leave() {
    if (this.editing === null) return;
    this.editing = null;
    this.fill(this.draft);
    this.draft = "";
  }

  // Puts words before what is being written, which is not the message that is being edited.
  giveBack(text) {
    const together = [text, this.editing === null ? words.value : this.draft].filter(Boolean).join("\n");
    if (this.editing === null) return this.fill(together);
    this.draft = together;
    sessionStorage.setItem(draftName, together);
  }

  // --- Typing

  typed() {
    words.style.height = "auto";
    words.style.height = `${words.scrollHeight}px`;
    if (this.editing === null) sessionStorage.setItem(draftName, words.value);
    this.say("");
    this.offerNames();
    this.refresh();
  }

  fill(text) {
    words.value = text;
    this.typed();
    this.names.hide();
  }

  offerNames() {
    const start = /(^|\s)@([^\s@][^@\n]{0,40}|)$/u.exec(words.value.slice(0, words.selectionStart));
    if (!start || document.activeElement !== words) return this.names.hide();
    const begun = fold(start[2]);
    const fitting = commenters().filter((one) => {
      const name = fold(one.dataset.name);
      return name !== begun && name.split(" ").some((_, index, all) => all.slice(index).join(" ").startsWith(begun));
    });
    const what = (one) => one.querySelector(".text").textContent.trim().slice(0, 120);
    this.names.show(fitting.slice(0, 8).map((one) => ({ who: one.dataset.name, what: what(one), value: one.dataset.name })));
  }

  complete(name) {
    const before = words.value.slice(0, words.selectionStart);
    const start = before.lastIndexOf("@");
    words.setRangeText(`@${name} `, start, words.selectionStart, "end");
    this.picking.clear();
    this.typed();
    this.names.hide();
  }

  key(event) {
    if (event.isComposing || this.names.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape" && (this.editing !== null || this.picking.picked)) {
      this.cancel();
    } else if (event.key === "ArrowUp" && !words.value) {
      const last = articles().findLast((one) => "mine" in one.dataset);
      if (last) this.edit(last.dataset.id);
    }
  }

  // --- Sending

  submit(event) {
    event.preventDefault();
    const text = words.value;
    if (!text.trim()) return;
    if (this.editing !== null) return this.save(this.editing, text);
    const found = this.picking.resolve(text);
    const { role } = form.dataset;
    const fields = { client: newId(), text, role, reply_to: found.reply ?? null, addressed: found.id ?? null };
    this.picking.clear();
    this.fill("");
    const shown = showSending(text);
    toEnd();
    this.sending = this.sending.then(() => this.deliver(fields, shown)).catch((error) => console.error(error));
  }

  // The same `client` again and again: however often the answer is lost, the room writes one message.
  async deliver(fields, shown) {
    for (let wait = 500; ; wait = Math.min(wait * 2, 15000)) {
      try {
        const answer = await ask("POST", `/api/threads/${thread}/messages`, fields);
        shown.remove();
        if (answer.fragment) place(answer.id, answer.fragment);
        return toEnd();
      } catch (error) {
        if (error instanceof Refusal) {
          shown.remove();
          this.giveBack(fields.text);
          return this.say(error.message);
        }
        shown.querySelector(".state > span").textContent = "Not sent yet, trying again";
        await later(wait);
      }
    }
  }

  async save(id, text) {
    const done = await this.attempt(() => ask("PUT", `/api/messages/${id}`, { text }));
    if (!done) return;
    if (done.fragment) place(id, done.fragment);
    if (this.editing === id) this.cancel();
  }

  // --- What one does with messages

  act(event) {
    const button = event.target.closest("[data-act]");
    const one = button?.closest(".message");
    if (!one || button.getAttribute("aria-disabled")) return;
    if (button.dataset.act !== "link") button.closest("details")?.removeAttribute("open");
    const id = one.dataset.id;
    const acts = {
      reply: () => this.reply(id),
      edit: () => this.edit(id),
      delete: () => this.delete(one),
      undo: () => this.undo(one),
      mark: () => this.mark(id, true),
      unmark: () => this.mark(id, false),
    };
    acts[button.dataset.act]?.();
  }

  // Who came for this comment answers it.
  came(id) {
    if (form.dataset.role !== "author") return;
    this.picking.pick(id, false);
    this.refresh();
  }

  reply(id) {
    this.leave();
    this.picking.pick(id, true);
    this.refresh();
    words.focus();
  }

  async edit(id) {
    const found = await this.attempt(() => ask("GET", `/api/messages/${id}`));
    if (!found) return;
    if (this.editing === null) this.draft = words.value;
    this.editing = id;
    this.fill(found.text);
    words.focus();
    words.setSelectionRange(found.text.length, found.text.length);
  }

  async delete(one) {
    const published = "onTheBlog" in one.dataset;
    if (await sure(published ? "Delete this answer? It is also removed from the blog." : "Delete this message?")) {
      await this.erase(one.dataset.id);
      words.focus();
    } else {
      one.querySelector("summary")?.focus();
    }
  }

  // Undo takes the whole answer out of the room and puts its words back, addressed as they were.
  async undo(one) {
    const towards = one.dataset.addressed ?? one.dataset.answers;
    const lines = answerOf(one);
    const replied = lines.some((line) => line.querySelector("a.quote") !== null);
    const messages = lines.map((line) => Number(line.dataset.id));
    const done = await this.attempt(() => ask("POST", "/api/undo", { messages }));
    if (!done) return;
    this.leave();
    for (const { id } of done.messages) remove(id);
    if (towards) this.picking.pick(towards, replied);
    this.giveBack(done.messages.map(({ text }) => text).join("\n"));
    words.focus();
  }

  async erase(id) {
    const done = await this.attempt(() => ask("DELETE", `/api/messages/${id}`));
    if (!done) return;
    remove(id);
    if (this.editing === id) this.leave();
  }

  async mark(id, on) {
    const done = await this.attempt(() => ask("PUT", `/api/messages/${id}/mark`, { on }));
    if (done?.fragment) place(id, done.fragment);
  }

  async attempt(work) {
    try {
      return await work();
    } catch (error) {
      this.say(error instanceof Refusal ? error.message : "The room cannot be reached right now; please try again.");
      return null;
    }
  }

  say(problem) {
    find("problem").textContent = problem;
    find("problem").hidden = !problem;
  }

  close() {
    form.classList.add("closed");
    for (const field of form.elements) field.disabled = true;
  }
}

function label({ kind, name, how }) {
  if (kind === "editing") return ["Changing your message", "", ""];
  if (kind === "answer") return ["Answering", name, HOW[how]];
  if (kind === "desk") return ["Stays in the room", "", "unless you press Answer"];
  if (kind === "aside") return ["Stays in the room", "", "because it begins with //"];
  if (kind === "person") return ["To", name, "stays in the room"];
  if (kind === "member") return name ? ["Replying to", name, "stays in the room"] : ["Stays in the room, not published", "", ""];
  return ["Nobody to answer yet", "", ""];
}

function bold(name) {
  const part = document.createElement("b");
  const isolated = document.createElement("bdi");
  isolated.textContent = name;
  part.append(isolated);
  return part;
}

function arrow() {
  const part = document.createElement("span");
  part.setAttribute("aria-hidden", "true");
  part.textContent = " ▾";
  return part;
}

// The message as its writer sees it until the server has it.
function showSending(text) {
  const one = document.createElement("article");
  one.className = "message person mine sending";
  one.setAttribute("aria-label", "Being sent");
  const content = document.createElement("div");
  content.className = "content";
  const body = document.createElement("div");
  body.className = "text";
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  body.append(paragraph);
  const state = document.createElement("footer");
  state.className = "state";
  const words = document.createElement("span");
  words.textContent = "Sending…";
  state.append(words);
  content.append(body, state);
  const avatar = document.createElement("span");
  avatar.setAttribute("aria-hidden", "true");
  one.append(avatar, content);
  log.append(one);
  return one;
}

function sure(question) {
  const dialog = find("sure");
  find("sure-words").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((decided) => {
    dialog.addEventListener("close", () => decided(dialog.returnValue === "yes"), { once: true });
  });
}

