// The visitor's own jobs, newest first.

import { byId, element } from "./dom.js";
import { all, forget } from "./memory.js";
import * as server from "./server.js";

const SECONDS_BETWEEN_LOOKS = 4;
const WORDS = { accepted: "waiting", released: "painting", done: "", failed: "did not work", cancelled: "cancelled" };

export class Recent {
  constructor() {
    this.known = new Map();
    this.current = null;
  }

  // Look after every job that is not over yet, and show the list.
  async refresh(current = this.current) {
    this.current = current;
    clearTimeout(this.next);
    const records = await all();
    await Promise.all(records.filter((record) => !this.known.get(record.id)?.over).map((record) => this.look(record.id)));
    const kept = records.filter((record) => this.known.has(record.id));
    byId("recent").hidden = kept.length === 0;
    byId("recent-list").replaceChildren(...kept.map((record) => this.tile(record)));
    const moving = kept.some((record) => !this.known.get(record.id).over);
    if (moving) this.next = setTimeout(() => this.refresh(), SECONDS_BETWEEN_LOOKS * 1000);
  }

  async look(id) {
    try {
      this.known.set(id, await server.job(id));
    } catch (error) {
      if (error.status === 404) await forget(id);
    }
  }

  tile(record) {
    const job = this.known.get(record.id);
    const link = element("a", { href: `#${record.id}` });
    if (record.id === this.current) link.setAttribute("aria-current", "page");
    link.dataset.state = job.state;
    const hung = element("span", { className: "hung" });
    const done = job.state === "done";
    if (done) hung.append(element("img", { src: `/jobs/${record.id}/picture`, alt: "", loading: "lazy" }));
    else if (typeof record.before === "string") hung.append(element("img", { src: record.before, alt: "", loading: "lazy" }));
    const words = element("span", { className: "words" }, element("em", { textContent: job.style }));
    if (WORDS[job.state]) words.append(element("span", { textContent: WORDS[job.state] }));
    link.append(hung, words);
    return element("li", {}, link);
  }
}
