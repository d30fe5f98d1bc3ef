/** The form a bot opens. */
import { upload } from "./api.js";
import { el } from "./dom.js";
import { choiceField, fileField, labelled, textField } from "./fields.js";
import { markdown } from "./markdown.js";
import { state } from "./state.js";

const dialog = document.getElementById("form");

/** Opens the form; `send(read)` resolves to whether it got through, else the form stays with all that was typed. */
export function openModal(modal, send) {
  const fields = modal.components.flatMap(fieldsOf);
  const submit = el("button", { type: "submit", class: "button style-1" }, "Submit");
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const form = el("form", { method: "dialog" },
    el("h2", { id: "form-title" }, modal.title),
    fields.map((field) => field.node),
    problem,
    el("div", { class: "actions" }, el("button", { type: "button", class: "button style-2", click: () => dialog.close() }, "Cancel"), submit));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    const sent = await send(async () => {
      const read = fields.filter((field) => field.id).map(async (field) => [field.id, await field.read()]);
      return Object.fromEntries(await Promise.all(read));
    });
    submit.disabled = false;
    problem.hidden = sent;
    problem.textContent = "That did not go through. Your words are still here: try again, or copy them.";
    if (sent && dialog.contains(form)) dialog.close();
  });
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  form.querySelector("input, textarea, select")?.focus();
}

/** Both forms Discord knows: an action row around a text input, and a label around one of several inputs. */
function fieldsOf(component) {
  if (component.type === 1) return component.components.map((input) => field(input, input.label));
  if (component.type === 18) return [field(component.component, component.label, component.description)];
  return component.type === 10 ? [{ node: el("div", { class: "prose" }, markdown(component.content)) }] : [];
}

function field(input, label, description) {
  const { node, read } = (INPUTS[input.type] ?? unknown)(input);
  return { id: input.custom_id, read, node: labelled(`field-${input.custom_id}`, label, node, description) };
}

const INPUTS = { 3: select, 4: text, 5: select, 8: select, 19: files, 21: boxes, 22: boxes, 23: checkbox };

function text({ style, value, min_length: minlength, max_length: maxlength = 4000, placeholder, required = true }) {
  const { node } = textField({ value: value ?? "", minlength, maxlength, placeholder, required, rows: style === 2 && 8 });
  return { node, read: () => node.value };
}

/** What a select offers, `{value, label}`: its own options, or the server's members or channels. */
export function optionsOf(input) {
  if (input.type === 5) return state.world.members.map((member) => ({ value: member.id, label: `@${member.display_name}` }));
  if (input.type === 8) return state.world.channels.map((channel) => ({ value: channel.id, label: `#${state.nameOf(channel)}` }));
  return input.options ?? [];
}

function select(input) {
  const { max_values: most = 1, placeholder = "Choose…", required = true } = input;
  const blank = most > 1 ? [] : [{ label: placeholder }];
  const options = optionsOf(input).map(({ value, label, default: chosen }) => ({ value, label, chosen }));
  const { node, read } = choiceField([...blank, ...options], { multiple: most > 1, required });
  return { node, read: () => [read()].flat().filter((value) => value !== undefined) };
}

function boxes({ type, custom_id: name, options = [], required = true }) {
  const kind = type === 21 ? "radio" : "checkbox";
  const choices = options.map((option) => el("label", {},
    el("input", { type: kind, name, value: option.value, checked: option.default, required: kind === "radio" && required }),
    option.label, option.description && el("small", {}, option.description)));
  const node = el("fieldset", { "data-required": required }, choices);
  const read = () => [...node.querySelectorAll("input:checked")].map((box) => box.value);
  return { node, read: () => (kind === "radio" ? (read()[0] ?? null) : read()) };
}

function files({ max_values: most = 1, required = true }) {
  const { node, read } = fileField({ multiple: most > 1, required });
  return { node, read: () => Promise.all(read().map(upload)) };
}

function checkbox(input) {
  const node = el("input", { type: "checkbox", checked: input.default });
  return { node, read: () => node.checked };
}

function unknown(input) { return { node: el("output", {}, `This page cannot show an input of type ${input.type}.`), read: () => null }; }
