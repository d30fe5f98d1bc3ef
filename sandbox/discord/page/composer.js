/** The box under the messages: plain text with files, or a slash command picked from the palette. */
import { CommandLine } from "./commandline.js";
import { el, onEnter, redraw } from "./dom.js";
import { say } from "./interactions.js";
import { state } from "./state.js";
import { Suggest } from "./suggest.js";

const SUBCOMMANDS = [1, 2];

/** Every runnable command, subcommands under their whole path: `{name, shown, description, options}`; `shown` is the name in the member's language. */
function runnable(commands, before = { name: "", shown: "" }) {
  return commands.flatMap((command) => {
    const [name, shown] = [before.name + command.name, before.shown + state.said(command, "name")];
    const below = (command.options ?? []).filter((option) => SUBCOMMANDS.includes(option.type));
    if (below.length) return runnable(below, { name: `${name} `, shown: `${shown} ` });
    return [{ name, shown, description: state.said(command, "description"), options: command.options ?? [] }];
  });
}

/** The options of a command at a glance; a star marks those it needs. */
const signature = ({ options }) => options.map((option) => state.said(option, "name") + (option.required ? "*" : "")).join(" ");

/** Commands for what is typed so far: those that begin with it first, then those that hold it. */
function matching(text) {
  const typed = text.slice(1).trimStart().toLowerCase();
  const all = runnable(state.commands(1));
  const some = (test) => all.filter((command) => test(command.name) || test(command.shown.toLowerCase()));
  const named = some((name) => typed === name || typed.startsWith(`${name} `)).sort((a, b) => b.name.length - a.name.length);
  return [...new Set([...named, ...some((name) => name.startsWith(typed)), ...some((name) => name.includes(typed))])];
}

/** The composer of one pane. */
export class Composer {
  #channel;
  #files = [];

  /** `sent` is called when a message or command went out. */
  constructor(sent) {
    this.sent = sent;
    this.box = el("textarea", { rows: 1, enterkeyhint: "send" });
    this.palette = new Suggest(this.box, "Commands", (item) => this.#take(item.command));
    const send = el("button", { type: "button", class: "send", "aria-label": "Send", click: () => this.#send() }, "➤");
    const input = el("input", { type: "file", multiple: true, hidden: true, change: () => (this.attach(input.files), (input.value = "")) });
    const add = el("button", { type: "button", class: "send", "aria-label": "Attach files", click: () => input.click() }, "+");
    this.picked = el("div", { class: "picked", hidden: true });
    this.plain = el("div", { class: "plain" }, input, add, this.box, send);
    this.node = el("div", { class: "composer" }, this.palette.list, this.picked, this.plain);
    this.box.addEventListener("paste", (event) => event.clipboardData.files.length && (event.preventDefault(), this.attach(event.clipboardData.files)));
    this.box.addEventListener("input", () => this.#typed());
    onEnter(this.box, () => this.#send());
    state.addEventListener("world", () => document.activeElement === this.box && this.#typed());
  }

  /** Moves to another channel; what was typed for this one is kept, over a reload too. */
  open(channel) {
    if (this.#channel === channel.id) return;
    this.#channel = channel.id;
    this.box.value = sessionStorage.getItem(`draft ${channel.id}`) ?? "";
    this.#close();
    const mark = state.isThread(channel) ? "" : channel.type === 1 ? "@" : "#";
    const label = `Message ${mark}${state.nameOf(channel)}`;
    this.box.placeholder = `${label} or type /`;
    this.box.setAttribute("aria-label", label);
  }

  /** Takes files that were chosen, pasted or dropped: for the open command if it still wants one, else for the message. */
  attach(files) {
    if (this.line) return this.line.attach(files);
    this.#files = [...this.#files, ...files];
    this.#drawFiles();
    return this.box.focus();
  }

  #drawFiles() {
    const drop = (file) => ((this.#files = this.#files.filter((other) => other !== file)), this.#drawFiles(), this.box.focus());
    const chip = (file) => el("button", { type: "button", class: "button", "aria-label": `Remove ${file.name}`, click: () => drop(file) }, file.name, " ✕");
    redraw(this.picked, this.#files.map(({ name, size }) => [name, size]), () => this.#files.map(chip));
  }

  #grow() {
    if (this.#channel) sessionStorage.setItem(`draft ${this.#channel}`, this.box.value);
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, innerHeight / 3)}px`;
  }

  #typed() {
    this.#grow();
    const found = this.box.value.startsWith("/") && !this.box.value.includes("\n") ? matching(this.box.value) : [];
    this.palette.show(found.map((command) => ({ command, label: `/${command.shown}`, hint: signature(command), detail: command.description })));
  }

  async #send() {
    const text = this.box.value.trim();
    if (text.startsWith("/")) return this.#unknown(text);
    if (!(text || this.#files.length) || !(await say(this.#channel, text, this.#files))) return;
    this.sent();
    this.box.value = "";
    this.#files = [];
    this.#drawFiles();
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
    const typed = [command.name, command.shown].find((name) => tail.startsWith(`${name} `));
    const rest = typed ? tail.slice(typed.length + 1) : "";
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
