// What the page asks of its server.

// A request that was refused; `field` says beside which field the sentence belongs.
export class Refused extends Error {
  constructor(sentence, field = "", status = 0) {
    super(sentence);
    this.field = field;
    this.status = status;
  }
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused("The bot does not answer; see whether it still runs, then try again.");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    const sentence = body.error || "The bot gave an answer that this page does not understand; reload it.";
    throw new Refused(sentence, body.field, response.status);
  }
  return body;
}

export const styles = () => ask("/styles");
export const photos = () => ask("/photos");
export const options = () => ask("/options");
export const job = (id) => ask(`/jobs/${id}`);
export const submit = (form) => ask("/jobs", { method: "POST", body: form });
export const cancel = (id) => ask(`/jobs/${id}/cancel`, { method: "POST" });
export const queue = () => ask("/queue");
export const steer = (what) => ask(`/queue/${what}`, { method: "POST" });

// Call `tell` with each event of a job until it is over; returns how to stop listening. `lost` is called with true
// when the connection breaks and with false when it is back.
export function listen(id, tell, lost) {
  let source;
  let again;
  const open = () => {
    source = new EventSource(`/jobs/${id}/events`);
    source.onopen = () => lost(false);
    source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.kind === "finished") source.close();
      tell(event);
    };
    source.onerror = () => {
      lost(true);
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 2000);
    };
  };
  open();
  return () => {
    clearTimeout(again);
    source.close();
  };
}
