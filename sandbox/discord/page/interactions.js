/** Runs what a member does with the bot, and shows how it went. */
import { api, tried, upload } from "./api.js";
import { openModal } from "./modal.js";
import { state } from "./state.js";

const SILENT = "The application did not respond.";
const COMPONENT = 3;
const pending = new Map();
let count = 0;

/** Does one call that answers with an Interaction; `what` names it in the note, `about` is a message's id. */
function run(channel, what, call, about) {
  const note = { key: `interaction ${(count += 1)}`, channel, about };
  const asked = { note, what };
  if (!about) state.note({ ...note, text: `${what}: sending…`, tone: "busy" }); // a pressed button shows it by itself
  const refused = ({ message }) => (state.note({ ...note, text: `${what}: ${message}`, tone: "error" }), false);
  return tried(async () => settle(await call(), asked), refused);
}

/** Shows where an interaction stands; false when it failed. */
function settle(interaction, asked) {
  const { note, what } = asked;
  const { id, message, modal } = interaction;
  const open = interaction.state === "waiting" || (interaction.state === "deferred" && !message);
  const quiet = interaction.state === "deferred" && interaction.type === COMPONENT;
  const failed = interaction.state === "failed";
  if (message) state.keep(message);
  if (open) pending.set(id, asked);
  else pending.delete(id);
  if (failed) state.note({ ...note, text: `${what}: ${interaction.error ?? SILENT}`, tone: "error" });
  else if (open && !quiet) state.note({ ...note, text: `${what}: thinking…`, tone: "busy" });
  else state.unnote(note.key);
  if (interaction.state === "modal") openModal(modal, (read) => sendModal(interaction, note, read));
  return !failed;
}

state.addEventListener("interaction", ({ detail }) => { if (pending.has(detail.id)) settle(detail, pending.get(detail.id)); });

/** After a gap in the connection: asks how the open ones ended. */
state.addEventListener("status", async () => {
  if (!state.connected) return;
  for (const [id, asked] of [...pending]) {
    const lost = () => (pending.delete(id), state.unnote(asked.note.key));
    await tried(async () => settle(await api.interaction(state.me, id), asked), lost);
  }
});

function sendModal({ id, modal }, { channel, about }, read) {
  return run(channel, modal.title, async () => api.modal({ as: state.me, interaction: id, fields: await read() }), about);
}

/** Runs a slash command; `options()` gives, perhaps after reading files, `{name: value}`. */
export function runCommand(channel, name, options) {
  return run(channel, `/${name}`, async () => api.command({ as: state.me, channel, name, options: await options() }));
}

/** Runs a command of a member's (type 2) or a message's (type 3) menu. */
export function runMenu(channel, command, target) {
  const { name, type } = command;
  return run(channel, name, () => api.command({ as: state.me, channel, name, type, target }));
}

/** Presses a button, or picks `values` in a select. */
export function press(message, component, values) {
  const request = { as: state.me, channel: message.channel_id, message: message.id, custom_id: component.custom_id, values };
  const what = component.label ?? component.placeholder ?? "Your choice";
  return run(message.channel_id, what, () => api.component(request), message.id);
}

/** Writes a plain message; resolves to whether it was sent. */
export function say(channel, content, picked) {
  const key = `interaction ${(count += 1)}`;
  const send = async () => {
    const files = await Promise.all(picked.map(upload));
    state.keep(await api.say(channel, { as: state.me, content, files }));
    return true;
  };
  return tried(send, ({ message }) => (state.note({ key, channel, text: `Not sent: ${message}`, tone: "error" }), false));
}
