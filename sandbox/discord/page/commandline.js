/** A picked command with a field for each of its options. */
import { api, Refusal, upload } from "./api.js";
import { el } from "./dom.js";
import { runCommand } from "./interactions.js";
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
    this.node = el("form", { class: "command", "aria-label": `Command ${command.name}` },
      el("p", {}, el("b", {}, `/${command.name}`), " ", el("small", {}, command.description)),
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

  /** What was filled in; files only by their name. */
  values() {
    const given = this.fields.map((field) => [field.option.name, field.value()]);
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  }

  get files() {
    return this.fields.filter((field) => field.option.type === FILE && field.input.files[0]);
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
    const chosen = this.files.map((field) => [field.option.name, field.input.files[0]]);
    const read = async () => {
      for (const [option, picked] of chosen) options[option] = await upload(picked);
      return options;
    };
    runCommand(this.channel, name, read);
    close();
  }
}

class Field {
  #chosen;
  #timer;

  constructor(option, line) {
    this.option = option;
    this.line = line;
    const id = `option-${line.channel}-${option.name}`;
    this.input = option.choices?.length ? choices(option) : (TYPES[option.type] ?? text)(option);
    const named = { id, name: option.name, title: option.description ?? "", autocomplete: "off" };
    for (const [name, value] of Object.entries(named)) this.input.setAttribute(name, value);
    this.input.required = Boolean(option.required);
    const label = el("label", { for: id }, option.name, option.required && el("span", { class: "required", "aria-hidden": "true" }, "*"));
    this.node = el("div", { class: "option" }, label, option.autocomplete && this.#completed(), this.input);
    this.input.addEventListener("keydown", (event) => this.#sendOnEnter(event)); // after the suggestions had the key
  }

  /** What to send: undefined when left empty. */
  value() {
    const raw = this.input.value;
    if (this.#chosen?.label === raw) return this.#chosen.value;
    if (raw === "") return undefined;
    if (this.option.choices?.length) return this.option.choices[Number(raw)].value;
    if (this.option.type === 5) return raw === "true";
    if ((this.option.type === 4 || this.option.type === 10) && !Number.isNaN(Number(raw))) return Number(raw);
    return raw;
  }

  #sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.line.node.requestSubmit();
  }

  #completed() {
    const suggest = new Suggest(this.input, "Suggestions", (item) => {
      this.#chosen = item;
      this.input.value = item.label;
    });
    const ask = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(suggest), 200);
    };
    this.input.addEventListener("input", ask);
    this.input.addEventListener("focus", ask);
    return suggest.list;
  }

  async #ask(suggest) {
    const typed = this.input.value;
    const { channel, command } = this.line;
    const options = { ...this.line.values(), [this.option.name]: typed };
    for (const field of this.line.files) delete options[field.option.name];
    try {
      const { choices: found } = await api.autocomplete({ as: state.me, channel, name: command.name, options, focused: this.option.name });
      const items = found.map(({ name, value }) => ({ label: name, value }));
      if (this.input.value === typed && document.activeElement === this.input) suggest.show(items, -1);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      suggest.show([]);
    }
  }
}

function text(option) {
  return el("input", { type: "text", placeholder: option.description, minlength: option.min_length, maxlength: option.max_length });
}

function number(option) {
  if (option.autocomplete) return el("input", { type: "text", inputmode: "decimal", placeholder: option.description });
  const step = option.type === 4 ? 1 : "any";
  return el("input", { type: "number", placeholder: option.description, step, min: option.min_value, max: option.max_value });
}

function list(pairs) {
  return el("select", {}, el("option", { value: "" }, "–"), pairs.map(([value, label]) => el("option", { value }, label)));
}

const choices = (option) => list(option.choices.map((choice, index) => [index, choice.name]));
const yesNo = () => list([["true", "Yes"], ["false", "No"]]);
const file = () => el("input", { type: "file" });

/** A member (6), channel (7), role (8; nothing to pick from here) or a member again (9, mentionable). */
function pick(option) {
  const members = option.type > 6 && option.type < 9 ? [] : state.world.members.map((member) => [member.id, `@${member.display_name}`]);
  const allowed = (channel) => !option.channel_types?.length || option.channel_types.includes(channel.type);
  const channels = option.type === 7 ? state.world.channels.filter(allowed).map((channel) => [channel.id, `#${state.nameOf(channel)}`]) : [];
  return list([...members, ...channels]);
}

/** By the number Discord gives a type of option. */
const TYPES = { 3: text, 4: number, 5: yesNo, 6: pick, 7: pick, 8: pick, 9: pick, 10: number, 11: file };
