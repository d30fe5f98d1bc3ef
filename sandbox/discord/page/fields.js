/** The inputs that command options, a bot's forms and the panel share: `{node, read}`; `read` gives undefined for an empty one. */
import { el } from "./dom.js";

/** A line of text or a number; with `rows`, a paragraph. */
export function textField({ value = "", ...attributes }) {
  const node = el(attributes.rows ? "textarea" : "input", { autocomplete: "off", ...attributes });
  node.value = value;
  return { node, read: () => (node.value === "" ? undefined : node.type === "number" ? Number(node.value) : node.value) };
}

/** One of `choices`, `{value, label, chosen?}`, or a list of them with `multiple`; one without a value stands for none. */
export function choiceField(choices, attributes) {
  const option = ({ value, label, chosen }, index) => el("option", { value: value === undefined ? "" : index, selected: chosen }, label);
  const node = el("select", attributes, choices.map(option));
  const read = () => [...node.selectedOptions].map(({ index }) => choices[index].value);
  return { node, read: attributes?.multiple ? read : () => read()[0] };
}

/** Files from disk, as the browser holds them; a file may also be dropped on it. */
export function fileField(attributes) {
  const node = el("input", { type: "file", ...attributes });
  return { node, read: () => [...node.files] };
}

/** A label, the input it is for, and what is read out with it: the kind of thing it takes beside the label, a line of help below. */
export function labelled(id, label, input, help, kind) {
  const group = input.tagName === "FIELDSET";
  const hints = [kind, help].map((text, index) => text && el("small", { id: `${id}-hint-${index}` }, text));
  const needs = (input.required || input.dataset.required) && el("span", { class: "required", "aria-hidden": "true" }, "*");
  const name = el(group ? "legend" : "label", { for: !group && id }, label, needs);
  input.id = id;
  if (kind || help) input.setAttribute("aria-describedby", hints.filter(Boolean).map((hint) => hint.id).join(" "));
  if (group) input.prepend(name);
  return el("div", { class: "field" }, !group && el("div", { class: "label" }, name, hints[0]), input, hints[1]);
}
