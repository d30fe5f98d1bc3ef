/** The calls of the sandbox's JSON API; the contract is API.md beside this folder. */

/** A call that was refused or did not get through; its message is a sentence to show. */
export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/** What `act` gives; where it was refused, what `refused` makes of the refusal. */
export async function tried(act, refused) {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refused(error);
  }
}

/** One call; every answer is JSON. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/sandbox/v1${path}`, {
      method,
      headers: body && { "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Refusal("The sandbox cannot be reached. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(answer.error ?? `The sandbox answered with status ${response.status}.`, response.status);
  return answer;
}

export const api = {
  world: (as) => call("GET", `/world${as ? `?as=${as}` : ""}`),
  messages: (as, channel) => call("GET", `/channels/${channel}/messages?as=${as}&limit=200`),
  say: (channel, message) => call("POST", `/channels/${channel}/messages`, message),
  command: (request) => call("POST", "/interactions/command", request),
  autocomplete: (request) => call("POST", "/interactions/autocomplete", request),
  component: (request) => call("POST", "/interactions/component", request),
  interaction: (as, id) => call("GET", `/interactions/${id}?as=${as}`),
  modal: (request) => call("POST", "/interactions/modal", request),
};

/** A file a member chose, as options and forms take it: `{filename, data}` in base64. */
export function upload(file) {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve({ filename: file.name, data: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.onerror = () => reject(new Refusal(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}

const EVENTS = ["MESSAGE", "CHANNEL", "THREAD"]
  .flatMap((noun) => ["CREATE", "UPDATE", "DELETE"].map((verb) => `${noun}_${verb}`))
  .concat("COMMANDS_UPDATE", "INTERACTION_UPDATE", "BOT_STATUS", "CLOCK_UPDATE");

/** Live events for one member; `connection(true)` comes at each reconnection too, for events in between are lost. Returns a stop. */
export function listen(as, connection, happened) {
  let source;
  let timer;
  const connect = () => {
    source = new EventSource(`/sandbox/v1/events?as=${as}`);
    source.addEventListener("open", () => connection(true));
    source.addEventListener("error", () => {
      connection(false);
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, 2000);
    });
    for (const name of EVENTS) source.addEventListener(name, (event) => happened(name, JSON.parse(event.data)));
  };
  connect();
  return () => (clearTimeout(timer), source.close());
}
