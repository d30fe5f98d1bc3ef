/** The server's channels with their threads, and who acts. */
import { el, redraw } from "./dom.js";
import { state } from "./state.js";

const DIRECT = 1;
const MARKS = { 1: "@", 5: "#", 15: "▤" };
const acting = document.getElementById("acting");
const list = document.getElementById("channels");
const status = document.getElementById("status");

/** Draws the list for the world and the place as they are now. */
export function drawSidebar() {
  if (!state.world) return;
  const { channel, thread } = state.place;
  const { guild, channels, members } = state.world;
  document.getElementById("server").textContent = guild.name;
  document.title = `${guild.name} · local Discord`;
  const rows = channels.map(({ id, name, type, parent_id, thread_metadata }) => [id, name, type, parent_id, thread_metadata?.archived]);
  redraw(list, [rows, channel, thread, [...state.unread]], channelRows);
  const title = (member) => (member.admin ? `${member.display_name} (admin)` : member.display_name);
  redraw(acting, members, () => state.people.map((member) => el("option", { value: member.id }, title(member))));
  acting.value = state.me;
}

function channelRows() {
  const top = state.world.channels.filter((channel) => !state.isThread(channel));
  const order = (channel) => (channel.type === DIRECT ? 1e6 : (channel.position ?? 0));
  const isListed = ({ id, thread_metadata: thread }) => thread && (!thread.archived || id === state.place.thread);
  const channelRow = (channel) => {
    const threads = state.world.channels.filter((other) => other.parent_id === channel.id && isListed(other));
    const below = threads.reverse().map((thread) => el("li", {}, row(thread, "↳")));
    return el("li", {}, row(channel, MARKS[channel.type] ?? "#"), below.length > 0 && el("ul", {}, below));
  };
  return top.sort((a, b) => order(a) - order(b)).map(channelRow);
}

function row(channel, mark) {
  const { place } = state;
  const here = channel.id === (place.thread ?? place.channel);
  const unread = state.unread.has(channel.id);
  const attributes = { type: "button", class: unread && "unread", "data-key": channel.id, "aria-current": here && "page" };
  return el("button", { ...attributes, click: () => state.open(channel.id) },
    el("span", { class: "mark", "aria-hidden": "true" }, mark), el("span", {}, state.nameOf(channel)),
    unread && el("span", { class: "dot", role: "img", "aria-label": "new messages" }));
}

/** Says whether the page and the bot are connected. */
export function drawStatus() {
  const bot = state.world?.bot_online === false ? "The bot is offline." : "";
  status.textContent = state.connected ? bot : "Connecting…";
}

acting.addEventListener("change", () => state.go({ as: acting.value }));
