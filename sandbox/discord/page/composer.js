/** The box under the messages: plain text, or a slash command picked from the palette. */
import { CommandLine } from "./commandline.js";
import { el } from "./dom.js";
import { say } from "./interactions.js";
import { state } from "./state.js";
import { Suggest } from "./suggest.js";

const SUBCOMMANDS = [1, 2];

/** Every runnable command, subcommands under their whole path: `{name, description, options}`. */
function runnable(commands, prefix = "") {
  return commands.flatMap((command) => {
    const name = prefix + command.name;
    const below = (command.options ?? []).filter((option) => SUBCOMMANDS.includes(option.type));
    return below.length ? runnable(below, `${name} `) : [{ name, description: command.description, options: command.options ?? [] }];
  });
}

/** Commands for what is typed so far: those that begin with it first, then those that hold it. */
function matching(text) {
  const typed = text.slice(1).trimStart().toLowerCase();
  const all = runnable(state.commands(1));
  const named = all.filter(({ name }) => typed === name || typed.startsWith(`${name} `));
  const begun = all.filter(({ name }) => name.startsWith(typed) && !named.includes(name));
  const held = all.filter(({ name }) => name.includes(typed) && !name.startsWith(typed));
  return [...new Set([...named.sort((a, b) => b.name.length - a.name.length), ...begun, ...held])];
}

/** The composer of one pane. */
export class Composer {
  #channel;
  #drafts = new Map();

  /** `sent` is called when a message or command went out. */
  constructor(sent) {
    this.sent = sent;
    this.box = el("textarea", { rows: 1, enterkeyhint: "send" });
    this.palette = new Suggest(this.box, "Commands", (item) => this.#take(item.command));
    const send = el("button", { type: "button", class: "send", "aria-label": "Send", click: () => this.#send() }, "➤");
    this.plain = el("div", { class: "plain" }, this.box, send);
    this.node = el("div", { class: "composer" }, this.palette.list, this.plain);
    this.box.addEventListener("input", () => this.#typed());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    state.addEventListener("world", () => document.activeElement === this.box && this.#typed());
  }

  /** Moves to another channel; what was typed for this one is kept. */
  open(channel) {
    if (this.#channel === channel.id) return;
    this.#drafts.set(this.#channel, this.box.value);
    this.#channel = channel.id;
    this.#close();
    this.box.value = this.#drafts.get(channel.id) ?? "";
    const mark = state.isThread(channel) ? "" : channel.type === 1 ? "@" : "#";
    const label = `Message ${mark}${state.nameOf(channel)}`;
    this.box.placeholder = `${label} or type /`;
    this.box.setAttribute("aria-label", label);
    this.#grow();
  }

  #grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, innerHeight / 3)}px`;
  }

  #typed() {
    this.#grow();
    const found = this.box.value.startsWith("/") && !this.box.value.includes("\n") ? matching(this.box.value) : [];
    this.palette.show(found.map((command) => ({ command, label: `/${command.name}`, detail: command.description })));
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  async #send() {
    const text = this.box.value.trim();
    if (text.startsWith("/")) return this.#unknown(text);
    if (!text || !(await say(this.#channel, text))) return;
    this.sent();
    this.box.value = "";
    this.#grow();
  }

  #unknown(text) {
    const [exact] = matching(text);
    if (exact) return this.#take(exact);
    const none = state.commands(1).length === 0;
    const reason = none ? "The bot has not registered any commands yet." : `There is no command ${text.split(" ")[0]}.`;
    return state.note({ key: `unknown ${this.#channel}`, channel: this.#channel, text: reason, tone: "error" });
  }

  #take(command) {
    const tail = this.box.value.slice(1).trimStart();
    const rest = tail.startsWith(`${command.name} `) ? tail.slice(command.name.length + 1) : "";
    this.line = new CommandLine(this.#channel, command, rest, () => (this.#close(true), this.sent()));
    this.box.value = "";
    state.unnote(`unknown ${this.#channel}`);
    this.plain.hidden = true;
    this.node.append(this.line.node);
    this.line.focus();
  }

  #close(focus) {
    this.line?.node.remove();
    this.line = undefined;
    this.plain.hidden = false;
    this.palette.show([]);
    this.#grow();
    if (focus) this.box.focus();
  }
}
