/** Small forms and buttons that each make one call of the JSON API, and say below what became of it. */
import { tried } from "./api.js";
import { el } from "./dom.js";
import { choiceField, labelled, textField } from "./fields.js";

/** Where the panel says what became of the last lever pulled. */
export const outcome = el("p", { role: "status", class: "outcome" });

async function pull(label, act) {
  outcome.textContent = `${label} …`;
  outcome.textContent = await tried(async () => (await act(), `${label}: done.`), ({ message }) => `${label}: ${message}`);
}

/** A button that acts at once. */
export function deed(label, act, style = 2) {
  return el("button", { type: "button", class: `button style-${style}`, "data-key": label, click: () => pull(label, act) }, label);
}

/**
 * A form; `act` gets `{name: value}` without what was left empty. A field is `[name, label, kind, value]`, and a kind
 * "text", "number", or the `[value, label]`s to choose from; with a value that is a list, any number of them.
 */
export function lever(label, fields, act) {
  const built = fields.map(([name, title, kind, value]) => [name, title, Array.isArray(kind) ? choice(kind, value) : line(kind, value)]);
  const submit = el("button", { type: "submit", class: "button style-1", "data-key": `lever ${label}` }, label);
  const nodes = built.map(([name, title, { node }]) => labelled(`lever-${label}-${name}`.replaceAll(" ", "-"), title, node));
  const form = el("form", { class: "lever", "aria-label": label }, nodes, submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const read = built.map(([name, , { read }]) => [name, read()]);
    pull(label, () => act(Object.fromEntries(read.filter(([, value]) => value !== undefined))));
  });
  return form;
}

const line = (type, value) => textField({ type, value, min: type === "number" && "0", step: "any" });

function choice(pairs, value) {
  const multiple = Array.isArray(value);
  return choiceField(pairs.map(([held, label]) => ({ value: held, label, chosen: held === value })), { multiple, size: multiple && 5 });
}
