/** A button with a list of commands to choose from. */
import { el } from "./dom.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** The button and its list, to stand side by side; `run(command)` follows a choice. */
export function menu(commands, name, attributes, content, run) {
  const choice = (command) => el("button", { type: "button", click: () => (list.hidePopover(), run(command)) }, name(command));
  const list = el("div", { popover: "auto", class: "menu", role: "group", "aria-label": attributes["aria-label"] }, commands.map(choice));
  const opener = el("button", { type: "button", "aria-haspopup": "true", ...attributes, click: () => list.togglePopover() }, content);
  list.addEventListener("toggle", ({ newState }) => {
    if (newState !== "open") return;
    const at = opener.getBoundingClientRect();
    list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = `${Math.min(at.bottom + 4, innerHeight - list.offsetHeight - 8)}px`;
    list.firstChild.focus();
  });
  list.addEventListener("keydown", (event) => {
    const all = [...list.children];
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
  return [opener, list];
}
