/** A channel or thread on screen: its header, its messages, and the composer. */
import { Composer } from "./composer.js";
import { el } from "./dom.js";
import { draw } from "./messages.js";
import { state } from "./state.js";

const NEAR_END = 80;
const FORUM = 15;
const GROUP_MS = 7 * 60 * 1000;

/** One of the two places where messages are read. */
export class Pane {
  #channel;
  #shown = new Map();
  #atEnd = true;
  #top = 0;

  constructor(root, { lead, trail }) {
    this.root = root;
    this.title = el("h2");
    this.topic = el("p", { class: "topic" });
    this.list = el("div", { class: "list" });
    this.notes = el("div", { class: "notes" });
    const spoken = { role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: "0" };
    this.log = el("div", { class: "log", ...spoken }, el("div", { class: "scroll" }, this.list, this.notes));
    this.composer = new Composer(() => this.#toEnd());
    root.append(el("header", {}, lead, el("div", {}, this.title, this.topic), trail), this.log, this.composer.node);
    this.log.addEventListener("scroll", () => this.#scrolled());
    root.addEventListener("drop", (event) => this.#dropped(event));
    const sizes = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    sizes.observe(this.log.firstChild);
    sizes.observe(this.log);
    state.addEventListener("messages", ({ detail }) => [this.#channel, this.parent].includes(detail) && this.#draw());
    state.addEventListener("world", () => this.#channel && this.open(this.#channel));
  }

  /** Shows a channel or thread; nothing hides the pane. */
  open(id) {
    const channel = id && state.channel(id);
    this.root.hidden = !channel;
    if (!channel) return (this.#channel = this.parent = undefined);
    const [name, thread] = [state.nameOf(channel), channel.thread_metadata];
    this.title.textContent = thread || channel.type === 1 ? name : `# ${name}`;
    this.topic.textContent = thread?.locked ? "Locked" : thread?.archived ? "Archived" : (channel.topic ?? "");
    this.log.setAttribute("aria-label", `Messages in ${name}`);
    this.composer.node.hidden = channel.type === FORUM;
    this.composer.open(channel);
    const moved = this.#channel !== id || this.as !== state.me;
    this.#channel = id;
    this.as = state.me;
    this.parent = channel.parent_id;
    if (moved) this.#move(channel);
    return this.#draw();
  }

  #dropped(event) {
    if (event.target.type === "file" || !event.dataTransfer.files.length) return; // a field for files takes them by itself
    event.preventDefault();
    this.composer.attach(event.dataTransfer.files);
  }

  focus() { this.composer.box.focus(); }

  /** Only going up leaves the end: what grows below must not. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) this.#atEnd = true;
    else if (scrollTop < this.#top) this.#atEnd = false;
    this.#top = scrollTop;
  }

  #toEnd() {
    this.#atEnd = true;
    this.log.scrollTo(0, this.log.scrollHeight);
  }

  #move(channel) {
    this.#atEnd = true;
    this.#shown.clear();
    this.list.replaceChildren();
    this.log.setAttribute("aria-live", "off"); // the past is not news
    if (channel.type === FORUM) return;
    state.load(channel.id).then(() => setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500));
  }

  #draw() {
    const messages = state.messages(this.#channel);
    const kept = new Set(messages.map((message) => message.id));
    for (const [id, node] of this.#shown) if (!kept.has(id)) (node.remove(), this.#shown.delete(id));
    let before;
    for (const [index, message] of messages.entries()) {
      const node = draw(message, this.#shown.get(message.id));
      node.classList.toggle("follows", follows(before, message));
      this.#shown.set(message.id, node);
      if (this.list.children[index] !== node) this.list.insertBefore(node, this.list.children[index] ?? null);
      before = message;
    }
    if (this.#shown.has(state.sought)) this.#reveal();
    this.notes.replaceChildren(...this.#hint(messages), ...state.notes(this.#channel).map(noteLine));
  }

  #reveal() {
    const node = this.#shown.get(state.sought);
    state.sought = null;
    this.#atEnd = false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    this.#scrolled(); // it may stand at the end, without a scroll
  }

  #hint(messages) {
    if (state.channel(this.#channel)?.type === FORUM) return [el("p", { class: "hint" }, "A forum: its posts stand under its name in the list of channels.")];
    if (messages.length || !state.loaded(this.#channel)) return [];
    return [el("p", { class: "hint" }, "Type ", el("kbd", {}, "/song"), " to write your first song, or ", el("kbd", {}, "/help"), ".")];
  }
}

/** Whether a message goes on with its author's last one, and needs no name above it. */
function follows(before, message) {
  if (!before || before.author.id !== message.author.id || before.visible_to !== message.visible_to) return false;
  if (message.message_reference || message.interaction_metadata || message.type > 0) return false;
  return Date.parse(message.timestamp) - Date.parse(before.timestamp) < GROUP_MS;
}

function noteLine({ key, text, tone }) {
  const close = tone === "error" && el("button", { type: "button", "aria-label": "Dismiss", click: () => state.unnote(key) }, "×");
  return el("p", { class: `note ${tone}`, role: tone === "error" ? "alert" : "status" }, el("span", {}, text), close);
}
