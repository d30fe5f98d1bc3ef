/** The calls of the sandbox's JSON API; the contract is API.md beside this folder. */

/** A call that was refused or did not get through; its message is a sentence to show. */
export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

async function call(method, path, body) {
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
  say: (as, channel, content) => call("POST", `/channels/${channel}/messages`, { as, content }),
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

/** Live events for one member; `opened` runs at each (re)connection, since events in between are lost. Returns a stop. */
export function listen(as, { opened, lost, happened }) {
  let source;
  let timer;
  const connect = () => {
    source = new EventSource(`/sandbox/v1/events?as=${as}`);
    source.addEventListener("open", opened);
    source.addEventListener("error", () => {
      lost();
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, 2000);
    });
    for (const name of EVENTS) source.addEventListener(name, (event) => happened(name, JSON.parse(event.data)));
  };
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
