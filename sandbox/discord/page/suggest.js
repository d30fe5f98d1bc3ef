/** A list of suggestions above a text field, moved through with the arrow keys. */
import { el } from "./dom.js";

let count = 0;

/** Suggestions for `input`: items are `{value, label, hint?, detail?}`; `take(item)` runs when one is chosen. */
export class Suggest {
  #items = [];
  #at = 0;

  constructor(input, label, take) {
    this.input = input;
    this.take = take;
    this.list = el("div", { id: `suggest-${(count += 1)}`, class: "suggest", role: "listbox", "aria-label": label, hidden: true });
    const combobox = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries({ ...combobox, autocomplete: "off" })) input.setAttribute(name, value);
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.show([]));
  }

  get open() { return this.#items.length > 0; }

  /** Shows `items`; `at` is the one taken by Enter or Tab, -1 for none until an arrow key was pressed. */
  show(items, at = 0) {
    this.#items = items;
    this.#at = at;
    this.list.replaceChildren(...items.map((item, index) => this.#option(item, index)));
    this.list.hidden = !this.open;
    this.input.setAttribute("aria-expanded", String(this.open));
    this.#mark();
  }

  #option(item, index) {
    const node = el("div", { id: `${this.list.id}-${index}`, role: "option" }, el("b", {}, item.label), item.hint && el("code", {}, item.hint), item.detail && el("span", {}, item.detail));
    node.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
    node.addEventListener("click", () => this.#choose(index));
    return node;
  }

  #mark() {
    for (const [index, node] of [...this.list.children].entries()) {
      node.setAttribute("aria-selected", String(index === this.#at));
      if (index === this.#at) node.scrollIntoView({ block: "nearest" });
    }
    if (this.#at in this.#items) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #choose(index) {
    const item = this.#items[index];
    this.show([]);
    this.take(item);
  }

  #key(event) {
    if (!this.open || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#at = (Math.max(this.#at, step < 0 ? 0 : -1) + step + this.#items.length) % this.#items.length;
    else if (event.key === "Escape") this.show([]);
    else if (this.#at < 0) return;
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) this.#choose(this.#at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (step) this.#mark();
  }
}
