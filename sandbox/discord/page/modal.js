/** The form a bot opens. */
import { upload } from "./api.js";
import { el } from "./dom.js";
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
  const id = `field-${input.custom_id}`;
  const built = (INPUTS[input.type] ?? unknown)(input, id);
  const required = input.required ?? true;
  const group = built.node.tagName === "FIELDSET";
  const text = [label, required && el("span", { class: "required", "aria-hidden": "true" }, "*")];
  const help = description && el("small", { id: `${id}-help` }, description);
  if (help) built.node.setAttribute("aria-describedby", help.id);
  if (group) built.node.prepend(el("legend", {}, text));
  return { id: input.custom_id, read: built.read, node: el("div", { class: "field" }, !group && el("label", { for: id }, text), help, built.node) };
}

const INPUTS = { 3: select, 4: textInput, 5: select, 8: select, 19: files, 21: boxes, 22: boxes, 23: checkbox };

function textInput(input, id) {
  const limits = { minlength: input.min_length, maxlength: input.max_length ?? 4000, required: input.required ?? true };
  const attributes = { id, name: input.custom_id, placeholder: input.placeholder, autocomplete: "off", ...limits };
  const node = input.style === 2 ? el("textarea", { ...attributes, rows: 8 }) : el("input", { ...attributes, type: "text" });
  node.value = input.value ?? "";
  return { node, read: () => node.value };
}

/** What a select offers: its own options, or the server's members or channels. */
export function optionsOf(input) {
  if (input.type === 5) return state.world.members.map((member) => ({ value: member.id, label: member.display_name }));
  if (input.type === 8) return state.world.channels.map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
  return input.options ?? [];
}

function select(input, id) {
  const multiple = (input.max_values ?? 1) > 1;
  const options = optionsOf(input).map((option) => el("option", { value: option.value, selected: option.default }, option.label));
  const blank = !multiple && el("option", { value: "" }, input.placeholder ?? "Choose…");
  const node = el("select", { id, name: input.custom_id, multiple, required: input.required ?? true }, blank, options);
  return { node, read: () => [...node.selectedOptions].map((option) => option.value).filter(Boolean) };
}

function boxes(input, id) {
  const kind = input.type === 21 ? "radio" : "checkbox";
  const choices = (input.options ?? []).map((option) => el("label", {},
    el("input", { type: kind, name: id, value: option.value, checked: option.default, required: kind === "radio" && (input.required ?? true) }),
    option.label, option.description && el("small", {}, option.description)));
  const node = el("fieldset", {}, choices);
  const read = () => [...node.querySelectorAll("input:checked")].map((box) => box.value);
  return { node, read: () => (kind === "radio" ? (read()[0] ?? null) : read()) };
}

function files(input, id) {
  const many = (input.max_values ?? 1) > 1;
  const node = el("input", { type: "file", id, multiple: many, required: input.required ?? true });
  return { node, read: () => Promise.all([...node.files].map(upload)) };
}

function checkbox(input, id) {
  const node = el("input", { type: "checkbox", id, checked: input.default });
  return { node, read: () => node.checked };
}

function unknown(input, id) {
  return { node: el("output", { id }, `This page cannot show an input of type ${input.type}.`), read: () => null };
}
