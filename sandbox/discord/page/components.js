/** Buttons, selects and the layout parts of Components V2. */
import { address, el, emojiText, link } from "./dom.js";
import { colour, fileRow, picture } from "./embeds.js";
import { press } from "./interactions.js";
import { markdown } from "./markdown.js";
import { optionsOf } from "./modal.js";

/** Draws the components of a message. */
export function components(message, list) { return list.map((component) => (DRAW[component.type] ?? unknown)(component, message)); }

const DRAW = {
  1: (row, message) => el("div", { class: "row" }, components(message, row.components)),
  2: button,
  3: select, 5: select, 8: select,
  9: ({ components: texts, accessory }, message) => el("div", { class: "section" }, el("div", {}, components(message, texts)), components(message, [accessory])),
  10: (text) => el("div", { class: "prose" }, markdown(text.content)),
  11: (thumbnail) => picture(thumbnail.media, "thumbnail", thumbnail.description ?? "Thumbnail"),
  12: ({ items }) => el("div", { class: "gallery" }, items.map((item) => picture(item.media, "image", item.description ?? "Picture"))),
  13: ({ file, name, size }) => fileRow({ url: file.url, filename: name ?? address(file.url)?.match(/[^/?]+(?=\?|$)/)?.[0] ?? "file", size }),
  14: (separator) => el("hr", { class: separator.divider === false && "blank" }),
  17: container,
};

function container(box, message) {
  const node = el("div", { class: "embed container" }, components(message, box.components));
  if (box.accent_color) node.style.setProperty("--bar", colour(box.accent_color));
  return node;
}

async function busily(control, act) {
  control.setAttribute("aria-busy", "true");
  await act();
  control.removeAttribute("aria-busy");
}

function button(component, message) {
  const { style, disabled, custom_id: key, emoji, label } = component;
  const text = [emoji && el("span", { "aria-hidden": label && "true" }, emojiText(emoji)), label];
  if (style === 5) {
    const node = link(component.url, text, el("span", { "aria-hidden": "true" }, "↗"));
    node.className = "button style-5";
    return node;
  }
  const node = el("button", { type: "button", class: `button style-${style}`, disabled, "data-key": key }, text);
  node.addEventListener("click", () => node.ariaBusy || busily(node, () => press(message, component)));
  return node;
}

function select(component, message) {
  const many = (component.max_values ?? 1) > 1;
  return many ? selectMany(component, message) : selectOne(component, message);
}

const caption = (option) => [emojiText(option.emoji), option.label, option.description && `– ${option.description}`].filter(Boolean).join(" ");

function selectOne(component, message) {
  const { custom_id: key, disabled, placeholder = "Choose…" } = component;
  const options = optionsOf(component).map((option) => el("option", { value: option.value, selected: option.default }, caption(option)));
  const attributes = { class: "select", disabled, "aria-label": placeholder, "data-key": key };
  const node = el("select", attributes, el("option", { value: "", hidden: true }, placeholder), options);
  const first = node.value;
  node.addEventListener("keydown", (event) => {
    if (["Tab", "Escape", "Shift"].includes(event.key)) return;
    event.preventDefault(); // a key must open the list: choosing by arrow in a closed one would send each step
    node.showPicker();
  });
  node.addEventListener("change", () => busily(node, () => press(message, component, [node.value])).then(() => (node.value = first)));
  return node;
}

function selectMany(component, message) {
  const { custom_id: key, disabled, min_values: least = 1, max_values: most, placeholder = "Choose…" } = component;
  const box = (option) => el("input", { type: "checkbox", value: option.value, checked: option.default });
  const boxes = optionsOf(component).map((option) => el("label", {}, box(option), caption(option)));
  const done = el("button", { type: "button", class: "button style-1" }, "Confirm");
  const node = el("details", { class: "select many" }, el("summary", { "data-key": key }, placeholder), el("fieldset", { disabled }, boxes, done));
  const chosen = () => [...node.querySelectorAll("input:checked")].map((box) => box.value);
  const check = () => (done.disabled = chosen().length < least || chosen().length > most);
  node.addEventListener("change", check);
  done.addEventListener("click", () => busily(done, () => press(message, component, chosen())).then(() => (node.open = false)));
  check();
  return node;
}

function unknown(component) { return el("span", { class: "missing" }, `This page cannot show a component of type ${component.type}.`); }
