// Questions to the API. The key lives in this tab alone and travels in a header, never in an address.

const PLACE = "mmm-key";

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.what);
    this.status = status;
    this.problem = problem;
  }
}

export function takeKeyFromAddress() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (found) {
    keepKey(decodeURIComponent(found[1]));
    history.replaceState(null, "", location.pathname);
  }
}

export const readKey = () => sessionStorage.getItem(PLACE);
export const keepKey = (key) => sessionStorage.setItem(PLACE, key.trim());
export const dropKey = () => sessionStorage.removeItem(PLACE);

export async function ask(path, { model, body, signal } = {}) {
  const address = model ? `${path}?model=${encodeURIComponent(model)}` : path;
  const headers = { authorization: `Bearer ${readKey()}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { what: "The server does not answer", fix: "Start it again: mmm serve" });
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok || said === null) {
    const problem = said?.error ?? { what: `The server answered ${answer.status}`, fix: "" };
    throw new Refused(answer.status, problem);
  }
  return said;
}
