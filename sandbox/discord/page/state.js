/** What the page knows: what one member sees, the messages of the open places, and where the reader stands. */
import { api, listen, tried } from "./api.js";
import { setClock } from "./clock.js";

const THREADS = [10, 11, 12];
const byAge = (a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

/** Fires "world", "place", "status", "refused" (detail: a sentence), "messages" (detail: a channel id) and "interaction" (detail: it). */
class State extends EventTarget {
  world;
  connected = false;
  unread = new Set();
  sought = null;
  #messages = new Map();
  #late = new Map(); // by channel: what came while its messages were being read, and after
  #notes = new Map();
  #loaded = new Set();
  #stop = () => {};
  #reload;

  /** Where the reader stands: `{as?, channel?, thread?, panel?}`, kept in the address. */
  get place() { return Object.fromEntries(new URLSearchParams(location.hash.slice(1))); }
  #hash(change) { return `#${new URLSearchParams(Object.entries({ ...this.place, ...change }).filter(([, value]) => value))}`; }

  get me() { return this.world.me.id; }
  get people() { return this.world.members.filter((member) => !member.bot); }

  channel(id) { return this.world.channels.find((channel) => channel.id === id); }
  isThread(channel) { return THREADS.includes(channel.type); }

  /** The name members see; a direct channel carries the bot's. */
  nameOf(channel) { return channel.name || (this.world.members.find((member) => member.bot)?.display_name ?? "Direct messages"); }
  member(id) { return this.world.members.find((member) => member.id === id); }

  /** The `name` or `description` of a command, option or choice in this member's language. */
  said(thing, what) { return thing[`${what}_localizations`]?.[this.world.me.locale] ?? thing[what]; }

  /** The thread a message began. */
  threadOf(message) { return this.channel(message.id) ?? message.thread; }
  loaded(channel) { return this.#loaded.has(channel); }

  /** Commands of one type: 1 slash, 2 on a member, 3 on a message. */
  commands(type) { return this.world.commands.filter((command) => (command.type ?? 1) === type); }
  messages(channel) { return [...(this.#messages.get(channel)?.values() ?? [])].sort(byAge); }

  /** The page's own lines for a channel; a thread also shows those about the message it began with. */
  notes(channel) { return [...this.#notes.values()].filter((note) => note.channel === channel || note.about === channel); }

  /** Starts with the place of the address; tries again while the sandbox does not answer. */
  async start() {
    if (!(await this.#read())) return void setTimeout(() => this.start(), 3000);
    window.addEventListener("hashchange", () => this.#moved());
    this.#follow();
    return this.#emit("place");
  }

  #read() {
    const read = async () => (await this.refresh(), true);
    return tried(read, ({ message }) => (this.#emit("refused", message), false));
  }

  /** Reads the world again, as the member of the address; as the server's first one when it knows no such member. */
  async refresh() {
    const { as } = this.place;
    const world = await api.world(as).catch((error) => {
      if (as && error.status === 404) return api.world();
      throw error;
    });
    if (this.place.as !== as) return; // someone else acts by now, and has asked for their own
    this.world = world;
    setClock(this.world.now_ms);
    if (as !== this.me) this.#write({ as: this.me });
    if (!this.channel(this.place.channel)) this.#write({ channel: world.channels.find(({ type }) => type === 0)?.id, thread: null });
    if (this.place.thread && !this.channel(this.place.thread)) this.#write({ thread: null });
    this.#emit("world");
  }

  #write(change) { history.replaceState(null, "", this.#hash(change)); }

  /** Opens a channel, or a thread beside its channel; with `message` a pane that shows it goes to it. */
  async open(id, message = null) {
    if (!this.channel(id)) await this.#read(); // a thread may be younger than what is known here
    const channel = this.channel(id);
    if (!channel) return this.note({ key: "no such place", channel: this.place.thread ?? this.place.channel, text: "You cannot see where this leads.", tone: "error" });
    this.sought = message;
    const thread = this.isThread(channel);
    return this.go(thread ? { channel: channel.parent_id, thread: id } : { channel: id, thread: null });
  }

  /** Moves to another place or member; `thread: null` closes the thread. */
  go(change) {
    const hash = this.#hash(change);
    if (hash === location.hash) this.#emit("place");
    else location.hash = hash;
  }

  async #moved() {
    if (this.place.as !== this.me) {
      for (const known of [this.#messages, this.#notes, this.#loaded, this.unread]) known.clear();
      this.#follow();
      await this.#read();
    }
    this.#emit("place");
  }

  #follow() {
    this.#stop();
    this.#stop = listen(this.place.as, (connected) => this.#connection(connected), (name, data) => this.#happened(name, data));
  }

  #connection(connected) {
    this.connected = connected;
    this.#emit("status");
    if (!connected) return;
    this.#refreshSoon(0);
    for (const channel of this.#messages.keys()) this.load(channel);
  }

  #happened(name, data) {
    if (name === "INTERACTION_UPDATE") return this.#emit("interaction", data);
    if (name === "MESSAGE_DELETE") return this.#forget(data);
    if (!name.startsWith("MESSAGE_")) return this.#refreshSoon(50);
    if (name === "MESSAGE_CREATE") this.#arrived(data);
    this.keep(data);
  }

  #arrived(message) {
    const { channel, thread } = this.place;
    const place = this.channel(message.channel_id);
    if (!place || this.isThread(place)) this.#refreshSoon(300);
    if ([channel, thread].includes(message.channel_id) || message.author.id === this.me) return;
    this.unread.add(message.channel_id);
    this.#emit("world");
  }

  #forget({ id, channel_id: channel }) {
    for (const known of [this.#messages, this.#late]) known.get(channel)?.delete(id);
    this.#emit("messages", channel);
  }

  #refreshSoon(afterMs) {
    clearTimeout(this.#reload);
    this.#reload = setTimeout(() => this.#read(), afterMs);
  }

  /** Reads the newest messages of a channel or thread. */
  async load(channel) {
    const as = this.me;
    if (!this.#messages.has(channel)) this.#messages.set(channel, new Map());
    this.#late.set(channel, new Map());
    const read = async () => {
      const { messages } = await api.messages(as, channel);
      if (as !== this.me) return;
      this.#messages.set(channel, new Map([...messages.map((message) => [message.id, message]), ...this.#late.get(channel)]));
      this.#loaded.add(channel);
    };
    await tried(read, ({ message }) => this.note({ key: `load ${channel}`, channel, text: message, tone: "error" }));
    this.#emit("messages", channel);
  }

  /** Takes in a message that is new or changed, if its channel is being followed. */
  keep(message) {
    const followed = this.#messages.get(message.channel_id);
    if (!followed) return;
    followed.set(message.id, { ...followed.get(message.id), ...message });
    this.#late.get(message.channel_id)?.set(message.id, followed.get(message.id));
    this.#emit("messages", message.channel_id);
  }

  /** Shows a line of the page's own, `{key, channel, about?, text, tone}`, at the end of a channel; tone is "busy" or "error". */
  note(note) {
    this.#notes.set(note.key, note);
    this.#emit("messages", note.channel);
  }

  unnote(key) {
    const note = this.#notes.get(key);
    if (this.#notes.delete(key)) this.#emit("messages", note.channel);
  }

  #emit(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

export const state = new State();
