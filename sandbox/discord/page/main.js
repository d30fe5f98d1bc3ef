/** Puts the page together. */
import { startTicking } from "./clock.js";
import { el, placeOf } from "./dom.js";
import { fillPanel } from "./panel.js";
import { Pane } from "./pane.js";
import { drawSidebar, drawStatus } from "./sidebar.js";
import { state } from "./state.js";

const scrim = document.getElementById("scrim");
const icon = (text, label, click) => el("button", { type: "button", class: "icon", "aria-label": label, click }, text);
const menu = icon("☰", "Channels", () => drawer(scrim.hidden));
const close = icon("✕", "Close the thread", () => state.go({ thread: null }));
const channelPane = new Pane(document.getElementById("channel"), { lead: menu });
let shown;
const threadPane = new Pane(document.getElementById("thread"), { trail: close });

/** On a narrow screen the list of channels slides over the page. */
function drawer(open) {
  document.body.classList.toggle("drawer-open", open);
  scrim.hidden = !open;
  menu.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector("#channels button")?.focus();
}

function place() {
  const { as, channel, thread } = state.place;
  const moved = shown !== (shown = [as, channel, thread].join()) && !state.sought; // what was looked for takes the focus
  for (const id of [channel, thread]) state.unread.delete(id);
  document.body.classList.toggle("thread-open", Boolean(thread));
  channelPane.open(channel);
  threadPane.open(thread);
  drawSidebar();
  drawer(false);
  if (matchMedia("(pointer: fine)").matches && moved) (thread ? threadPane : channelPane).focus();
}

menu.classList.add("drawer");
fillPanel();
scrim.addEventListener("click", () => drawer(false));
document.addEventListener("keydown", (event) => event.key === "Escape" && !scrim.hidden && drawer(false));
document.addEventListener("click", (event) => {
  const [channel, message] = placeOf(event.target.closest("a")?.href);
  if (!channel || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  state.open(channel, message);
});
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.target.type === "file" || event.preventDefault()); // else the page is left
state.addEventListener("place", place);
state.addEventListener("world", () => (drawSidebar(), drawStatus()));
state.addEventListener("status", drawStatus);
state.addEventListener("refused", ({ detail }) => (document.getElementById("status").textContent = detail));
startTicking();
await state.start();
