/** Discord's markdown as page nodes. */
import { time } from "./clock.js";
import { el, link, messageLink } from "./dom.js";
import { state } from "./state.js";

const wrap = (tag) => (found) => el(tag, {}, inline(found[1]));
const mention = (text) => el("span", { class: "mention" }, text);

function channelMention([, id]) {
  const channel = state.channel(id);
  if (!channel) return mention("#unknown");
  return el("a", { class: "mention", href: messageLink(state.world.guild.id, id) }, `#${channel.name}`);
}

function spoiler([, text]) {
  const node = el("button", { type: "button", class: "spoiler", "aria-label": "Spoiler, press to show" });
  node.addEventListener("click", () => node.replaceWith(el("span", {}, inline(text))));
  return node;
}

/** First match wins; the ones with `\w` lookarounds must not start inside a word. */
const INLINE = [
  [/\\([^\sA-Za-z0-9])/y, (found) => found[1]],
  [/(`+)([^]*?[^`])\1(?!`)/y, (found) => el("code", {}, found[2])],
  [/\|\|([^]+?)\|\|/y, spoiler],
  [/\*\*\*([^]+?)\*\*\*/y, (found) => el("strong", {}, el("em", {}, inline(found[1])))],
  [/\*\*([^]+?)\*\*(?!\*)/y, wrap("strong")],
  [/__([^]+?)__(?!_)/y, wrap("u")],
  [/~~([^]+?)~~/y, wrap("s")],
  [/\*(?!\s)([^]+?)(?<![\s*])\*(?!\*)/y, wrap("em")],
  [/(?<!\w)_([^]+?)_(?!\w)/y, wrap("em")],
  [/\[([^\]]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y, (found) => link(found[2], inline(found[1]))],
  [/<(https?:\/\/[^\s>]+)>/y, (found) => link(found[1], found[1])],
  [/(?<!\w)https?:\/\/[^\s<>]*[^\s<>.,:;!?"'*)\]]/y, (found) => link(found[0], found[0])],
  [/<@!?(\d+)>/y, (found) => mention(`@${state.member(found[1])?.display_name ?? "unknown"}`)],
  [/<@&\d+>/y, () => mention("@role")],
  [/<#(\d+)>/y, channelMention],
  [/<\/([^:>]+):\d+>/y, (found) => mention(`/${found[1]}`)],
  [/<a?:(\w+):\d+>/y, (found) => `:${found[1]}:`],
  [/<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/y, (found) => time(Number(found[1]) * 1000, found[2] ?? "f")],
];

/** Text within one block, as a list of nodes and strings. */
export function inline(text) {
  const parts = [];
  let plainFrom = 0;
  for (const { index: at } of text.matchAll(/[\\`|*_~[<h]/g)) {
    if (at < plainFrom) continue; // inside of what was just built
    let found;
    const rule = INLINE.find(([pattern]) => ((pattern.lastIndex = at), (found = pattern.exec(text))));
    if (!rule) continue;
    parts.push(text.slice(plainFrom, at), rule[1](found));
    plainFrom = at + found[0].length;
  }
  return [...parts, text.slice(plainFrom)];
}

const kindOf = (line) => Object.keys(BLOCKS).find((kind) => BLOCKS[kind].pattern.test(line)) ?? "text";

/** Blocks recognised by the start of a line; neighbours of one kind are drawn together. */
const BLOCKS = {
  heading: { pattern: /^#{1,3} /, draw: (lines) => lines.map((line) => el("p", { class: `h${line.indexOf(" ")}` }, inline(line.replace(/^#+ /, "")))) },
  small: { pattern: /^-# /, draw: (lines) => lines.map((line) => el("small", {}, inline(line.slice(3)))) },
  quote: { pattern: /^> ?/, draw: (lines) => [el("blockquote", {}, blocks(lines.map((line) => line.replace(/^> ?/, "")).join("\n")))] },
  bullets: { pattern: /^\s*[-*] /, draw: (lines) => [el("ul", {}, lines.map(listItem))] },
  numbers: { pattern: /^\s*\d+\. /, draw: (lines) => [el("ol", { start: parseInt(lines[0], 10) }, lines.map(listItem))] },
  text: { pattern: /$^/, draw: (lines) => [el("p", {}, inline(lines.join("\n")))] },
};

function listItem(line) {
  const nested = /^\s{2,}/.test(line);
  return el("li", { class: nested && "nested" }, inline(line.replace(/^\s*([-*]|\d+\.) /, "")));
}

function blocks(text) {
  const lines = text.split("\n");
  const quoted = lines.findIndex((line) => line.startsWith(">>> ")); // and so is all that follows
  const groups = [];
  for (const line of quoted < 0 ? lines : lines.slice(0, quoted)) {
    const kind = kindOf(line);
    if (groups.at(-1)?.kind !== kind) groups.push({ kind, lines: [] });
    groups.at(-1).lines.push(line);
  }
  const drawn = groups.flatMap((group) => BLOCKS[group.kind].draw(group.lines));
  return quoted < 0 ? drawn : [...drawn, el("blockquote", {}, blocks(lines.slice(quoted).join("\n").slice(4)))];
}

/** A whole message or embed text. */
export function markdown(text) {
  const nodes = [];
  for (const [index, piece] of (text ?? "").split(/```(?:[\w+-]*\n)?([^]*?)```/).entries()) {
    if (index % 2) nodes.push(el("pre", { tabindex: "0" }, el("code", {}, piece.replace(/\n$/, ""))));
    else if (piece.replace(/^\n|\n$/g, "")) nodes.push(...blocks(piece.replace(/^\n|\n$/g, "")));
  }
  return nodes;
}
