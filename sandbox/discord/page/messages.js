/** One message, drawn in parts that are only redrawn when they change. */
import { stamp } from "./clock.js";
import { components } from "./components.js";
import { el, emojiText, redraw } from "./dom.js";
import { attachment, embed } from "./embeds.js";
import { runMenu } from "./interactions.js";
import { markdown } from "./markdown.js";
import { menu } from "./menu.js";
import { state } from "./state.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const V2 = 1 << 15;
const PARTS = ["reply", "used", "byline", "content", "embeds", "files", "components", "reactions", "thread", "private"];

const nameOf = (user) => state.member(user.id)?.display_name ?? user.global_name ?? user.username;
const tint = (id) => Number((BigInt(id) + (BigInt(id) >> 22n)) % 6n);
const avatar = (user) => el("span", { class: `avatar tint-${tint(user.id)}`, "aria-hidden": "true" }, nameOf(user).slice(0, 1));

/** Draws `message` into `node`, or into a new article. */
export function draw(message, node = create(message.id)) {
  const [reply, used, byline, content, embeds, files, controls, reactions, thread, secret] = node.parts;
  redraw(reply, [message.message_reference, message.referenced_message], () => replyLine(message));
  redraw(used, usage(message), (text) => text && [el("b", {}, text.who), " used ", el("span", { class: "mention" }, text.what)]);
  redraw(byline, [message.author, message.timestamp, message.pinned, state.commands(2), state.commands(3)], () => bylineOf(message));
  if (message.type === 21) starter(content, message);
  else redraw(content, [message.content, message.edited_timestamp, message.flags, message.type, named(message.content)], () => contentOf(message));
  const cards = message.flags & 4 ? [] : message.embeds;
  redraw(embeds, [cards, named(JSON.stringify(cards))], () => cards.map((card) => embed(card)));
  keepFiles(files, message.flags & V2 ? [] : message.attachments);
  redraw(controls, [message.components, named(JSON.stringify(message.components))], ([list]) => components(message, list));
  redraw(reactions, message.reactions, (list) => list?.map(({ emoji, count }) => el("span", { class: "button" }, `${emojiText(emoji)} ${count}`)));
  redraw(thread, state.threadOf(message), (place) => place && threadLink(place));
  redraw(secret, [message.visible_to, message.flags & EPHEMERAL], ([who, flag]) => (who || flag) && "Only you can see this");
  node.classList.toggle("ephemeral", Boolean(message.visible_to || message.flags & EPHEMERAL));
  return node;
}

function create(id) {
  const parts = PARTS.map((name) => el("div", { class: name }));
  const node = el("article", { class: "message", "data-message": id, tabindex: "-1", contextmenu: (event) => openMenu(event, node) }, parts);
  return Object.assign(node, { parts });
}

/** The menu key, or the right button beside whatever has a menu of the browser's own. */
function openMenu(event, node) {
  const opener = node.querySelector(".more");
  if (!opener || event.target.closest("a, img, input, audio, video, .message") !== node || !getSelection().isCollapsed) return;
  event.preventDefault();
  opener.click();
}

/** The names a text refers to, so that it is drawn again when one of them changes. */
const named = (content) => [...(content ?? "").matchAll(/<#(\d+)>/g)].map(([, id]) => state.channel(id)?.name);

/** Moving a player would stop it: files that stay are left alone, new ones are added after them. */
function keepFiles(part, files) {
  const ids = files.map((file) => file.id);
  part.shown ??= new Map();
  for (const [id, node] of part.shown) if (!ids.includes(id)) (node.remove(), part.shown.delete(id));
  for (const file of files.filter(({ id }) => !part.shown.has(id))) {
    part.shown.set(file.id, attachment(file));
    part.append(part.shown.get(file.id));
  }
  part.hidden = !files.length;
}

function replyLine(message) {
  if (message.type === 21 || !message.message_reference || message.message_reference.type === 1) return null;
  const target = message.referenced_message;
  if (!target) return el("span", {}, "↪ The first message was deleted");
  const text = target.content || target.embeds?.[0]?.title || (target.attachments?.length ? "a file" : "a message");
  return el("button", { type: "button", click: () => state.open(target.channel_id, target.id), "aria-label": `Reply to ${nameOf(target.author)}: ${text}` },
    "↪ ", el("b", {}, nameOf(target.author)), " ", el("span", {}, text.replace(/\s+/g, " ").slice(0, 120)));
}

function usage(message) {
  const by = message.interaction;
  return by ? { who: nameOf(by.user), what: message.type === 23 ? by.name : `/${by.name}` } : null;
}

function bylineOf(message) {
  const { author, timestamp, pinned, visible_to: secret, channel_id: channel } = message;
  const name = nameOf(author);
  const badge = author.bot && el("span", { class: "badge", title: "An app" }, "APP");
  const onAuthor = secret || author.bot ? [] : state.commands(2);
  const all = secret ? [] : [...state.commands(3), ...onAuthor];
  const run = (command) => runMenu(channel, command, command.type === 2 ? author.id : message.id);
  const list = (commands, label, kind, content) => menu(commands, (command) => state.said(command, "name"), { class: kind, "aria-label": label }, content, run);
  const byName = onAuthor.length ? list(onAuthor, `${name}: apps for this member`, "author", name) : el("b", { class: "author" }, name);
  const more = all.length > 0 && list(all, `Apps for this message of ${name}`, "more", "⋯");
  return [avatar(author), byName, badge, stamp(timestamp), pinned && el("span", { class: "pinned" }, "Pinned"), more];
}

const NOTICES = { 6: () => "pinned a message.", 18: ({ content }) => `started a thread: ${content}` };

function contentOf(message) {
  if (message.flags & LOADING) return el("p", { class: "thinking" }, "thinking…");
  if (NOTICES[message.type]) return el("p", { class: "notice" }, NOTICES[message.type](message));
  if (!message.content) return null;
  const prose = el("div", { class: "prose" }, markdown(message.content));
  const end = prose.lastChild?.tagName === "P" ? prose.lastChild : prose;
  if (message.edited_timestamp) end.append(el("span", { class: "edited" }, " (edited)"));
  return prose;
}

/** A thread begins with the message it was started from, which lives on in its channel. */
function starter(part, { referenced_message: told }) {
  if (!told) return redraw(part, null, () => el("p", { class: "notice" }, "The message this thread began with was deleted."));
  const first = state.messages(told.channel_id).find(({ id }) => id === told.id) ?? told;
  redraw(part, told.id, () => el("div", { class: "starter" }, el("p", { class: "notice" }, "This thread began with"), create(told.id)));
  return draw(first, part.querySelector(".message"));
}

function threadLink(thread) {
  const count = thread.message_count ?? 0;
  const open = { type: "button", click: () => state.open(thread.id), "aria-label": `Open the thread ${thread.name}` };
  return el("button", open, el("b", {}, thread.name), el("span", {}, `View thread · ${count} ${count === 1 ? "message" : "messages"} ›`));
}
