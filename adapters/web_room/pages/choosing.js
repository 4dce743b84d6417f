// A list of choices under a button or a text field, for mouse and keyboard.

export class Choices {
  constructor(list, owner, chosen) {
    this.list = list;
    this.owner = owner;
    this.chosen = chosen;
    this.values = [];
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item) this.choose(Array.from(list.children).indexOf(item));
    });
  }

  get open() {
    return !this.list.hidden;
  }

  // `items` are {who, what, value}; what people wrote is set as text and never as markup.
  show(items, at = 0) {
    this.values = items.map((item) => item.value);
    this.list.replaceChildren(...items.map((item, index) => this.item(item, index)));
    this.list.hidden = items.length === 0;
    this.sayOpen();
    this.at = at;
    this.point();
  }

  item({ who, what }, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    for (const [name, words] of [["who", who], ["what", what]]) {
      const part = document.createElement(name === "who" ? "bdi" : "span");
      part.className = name;
      part.textContent = words;
      item.append(part);
    }
    return item;
  }

  hide() {
    this.list.hidden = true;
    this.sayOpen();
    this.owner.removeAttribute("aria-activedescendant");
  }

  // A text field has no such state; it points at the choice instead.
  sayOpen() {
    if (this.owner.hasAttribute("aria-expanded")) this.owner.setAttribute("aria-expanded", String(this.open));
  }

  point() {
    Array.from(this.list.children).forEach((item, index) => {
      item.setAttribute("aria-selected", String(index === this.at));
      if (index === this.at && this.open) {
        this.owner.setAttribute("aria-activedescendant", item.id);
        item.scrollIntoView({ block: "nearest" });
      }
    });
  }

  choose(index) {
    const value = this.values[index];
    this.hide();
    if (value !== undefined) this.chosen(value);
  }

  // Gives true if the key was for the list.
  key(event) {
    if (!this.open) return false;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      this.at = (this.at + moves[event.key] + this.values.length) % this.values.length;
      this.point();
    } else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) {
      this.choose(this.at);
    } else if (event.key === "Escape") {
      this.hide();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }
}
