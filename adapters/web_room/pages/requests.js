// Requests to the room's own server. A refusal is an answer in words; everything else may be tried again, also what was
// asked too fast (429).

const PATIENCE = 15000; // milliseconds: a network that swallows everything says nothing by itself

const token = document.querySelector('meta[name="room-token"]').content;

export class Refusal extends Error {
  constructor({ error, ...answer }, status) {
    super(error);
    this.status = status;
    this.answer = answer;
  }
}

export async function ask(method, path, fields) {
  const response = await answered(path, {
    method,
    headers: { "Content-Type": "application/json", "X-Room-Token": token },
    body: fields === undefined ? undefined : JSON.stringify(fields),
    credentials: "same-origin",
  });
  const answer = await response.json();
  if (!response.ok) throw new Refusal(answer, response.status);
  return answer;
}

// One of the room's pages, whichever the server shows to this person now.
export async function read(path) {
  const response = await answered(path);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function answered(path, options) {
  const response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (response.status >= 500 || response.status === 429) throw new Error(`the server answered ${response.status}`);
  return response;
}

// Pages on a home network have no https, so crypto.randomUUID may be missing.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
