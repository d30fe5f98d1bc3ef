/** A picked command with a field for each of its options. */
import { api, tried, upload } from "./api.js";
import { el, onEnter } from "./dom.js";
import { choiceField, fileField, labelled, textField } from "./fields.js";
import { runCommand } from "./interactions.js";
import { optionsOf } from "./modal.js";
import { state } from "./state.js";
import { Suggest } from "./suggest.js";

const STRING = 3;
const FILE = 11;

/** The form of one command in one channel; `close` is called when it was sent or given up. */
export class CommandLine {
  constructor(channel, command, typed, close) {
    this.channel = channel;
    this.command = command;
    const ordered = [...command.options].sort((a, b) => Number(Boolean(b.required)) - Number(Boolean(a.required)));
    this.fields = ordered.map((option) => new Field(option, this));
    this.submit = el("button", { type: "submit", class: "button style-1" }, "Send");
    const cancel = el("button", { type: "button", class: "button style-2", click: close }, "Cancel");
    this.node = el("form", { class: "command", "aria-label": `Command ${command.shown}` },
      el("p", {}, el("b", {}, `/${command.shown}`), " ", el("small", {}, command.description)),
      el("div", { class: "options" }, this.fields.map((field) => field.node)),
      el("div", { class: "actions" }, el("small", {}, "Enter sends · Esc closes"), cancel, this.submit));
    this.node.addEventListener("submit", (event) => (event.preventDefault(), this.#send(close)));
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && close());
    this.#fill(typed);
  }

  focus() {
    const empty = this.fields.find((field) => field.option.required && !field.input.value) ?? this.fields[0];
    (empty?.input ?? this.submit).focus();
  }

  /** What was filled in, without files. */
  values() {
    const given = this.fields.map((field) => [field.option.name, field.value()]);
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  }

  /** Puts a dropped file where one is wanted: into the first file option that has none. */
  attach(files) {
    const fields = this.fields.filter(({ option }) => option.type === FILE);
    const field = fields.find(({ input }) => !input.files.length) ?? fields[0];
    if (field && files.length) field.input.files = files;
  }

  /** Takes what was typed behind the command: `name:value` pairs, and words before them as the first text. */
  #fill(typed) {
    const names = this.fields.map(({ option }) => option.name).join("|");
    const [first, ...pairs] = names ? typed.split(new RegExp(`(?:^|\\s)(${names}):\\s*`, "u")) : [typed];
    const main = this.fields.find(({ option }) => option.type === STRING);
    if (main && first.trim()) main.input.value = first.trim();
    for (let index = 0; index < pairs.length; index += 2) {
      this.fields.find(({ option }) => option.name === pairs[index]).input.value = pairs[index + 1].trim();
    }
  }

  #send(close) {
    const { name } = this.command;
    const options = this.values();
    const files = this.fields.filter(({ option, input }) => option.type === FILE && input.files[0]);
    const read = async ({ option, input }) => [option.name, await upload(input.files[0])];
    runCommand(this.channel, name, async () => ({ ...options, ...Object.fromEntries(await Promise.all(files.map(read))) }));
    close();
  }
}

class Field {
  #chosen;
  #timer;
  #read;

  constructor(option, line) {
    this.option = option;
    this.line = line;
    const { node, read } = (option.choices?.length ? choices : (TYPES[option.type] ?? text))(option);
    this.input = node;
    this.#read = read;
    node.name = option.name;
    node.required = Boolean(option.required);
    const [name, help] = [state.said(option, "name"), state.said(option, "description")];
    this.node = labelled(`option-${line.channel}-${option.name}`, name, node, help, kindOf(option));
    if (option.autocomplete) node.before(this.#completed());
    onEnter(node, () => line.node.requestSubmit()); // after the suggestions had the key
  }

  /** What to send: undefined when left empty. */
  value() { return this.#chosen?.label === this.input.value ? this.#chosen.value : this.#read(); }

  #completed() {
    const suggest = new Suggest(this.input, "Suggestions", (item) => ((this.#chosen = item), (this.input.value = item.label)));
    const ask = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(suggest), 200);
    };
    for (const name of ["input", "focus"]) this.input.addEventListener(name, ask);
    return suggest.list;
  }

  async #ask(suggest) {
    const typed = this.input.value;
    const { channel, command } = this.line;
    const options = { ...this.line.values(), [this.option.name]: typed };
    const look = async () => {
      const { choices: found } = await api.autocomplete({ as: state.me, channel, name: command.name, options, focused: this.option.name });
      const items = found.map((choice) => ({ label: state.said(choice, "name"), value: choice.value }));
      if (this.input.value === typed && document.activeElement === this.input) suggest.show(items, -1);
    };
    return tried(look, () => suggest.show([]));
  }
}

const KINDS = { 3: "text", 4: "whole number", 5: "yes or no", 6: "member", 7: "channel", 8: "role", 9: "member or role", 10: "number", 11: "file" };

/** What an option takes: its type, and the range or length Discord holds it to. */
function kindOf({ type, choices: some, min_value: least, max_value: most, min_length: shortest, max_length: longest }) {
  if (some?.length) return `one of ${some.length}`;
  const [from, to] = [least ?? shortest, most ?? longest];
  if (from === undefined && to === undefined) return KINDS[type];
  return [KINDS[type], from !== undefined && `from ${from}`, to !== undefined && `to ${to}`, type === STRING && "characters"].filter(Boolean).join(" ");
}

const text = (option) => textField({ minlength: option.min_length, maxlength: option.max_length });

function number({ autocomplete, type, min_value: min, max_value: max }) {
  const { node, read } = textField(autocomplete ? { inputmode: "decimal" } : { type: "number", step: type === 4 ? 1 : "any", min, max });
  return { node, read: () => (Number.isNaN(Number(read())) ? read() : Number(read())) };
}

const list = (found) => choiceField([{ label: "–" }, ...found]);
const choices = (option) => list(option.choices.map((choice) => ({ value: choice.value, label: state.said(choice, "name") })));
const yesNo = () => list([{ value: true, label: "Yes" }, { value: false, label: "No" }]);
const file = () => ({ ...fileField(), read: () => undefined }); // files are read when the command is sent

/** A member (6), channel (7), role (8; nothing to pick from here) or a member again (9, mentionable). */
function pick({ type, channel_types: kinds }) {
  if (type === 7) return list(optionsOf({ type: 8 }).filter(({ value }) => !kinds?.length || kinds.includes(state.channel(value).type)));
  return list(type === 8 ? [] : optionsOf({ type: 5 }));
}

/** By the number Discord gives a type of option. */
const TYPES = { 3: text, 4: number, 5: yesNo, 6: pick, 7: pick, 8: pick, 9: pick, 10: number, 11: file };
