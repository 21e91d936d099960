// The queue, for whoever may steer it: seen while it is unfolded, paused, resumed, emptied.

import { byId, complain, element } from "./dom.js";
import * as server from "./server.js";

const SECONDS_BETWEEN_LOOKS = 3;

export class Queue {
  constructor() {
    byId("queue-pause").addEventListener("click", () => this.steer(this.paused === null ? "pause" : "resume"));
    byId("queue-empty").addEventListener("click", () => {
      if (window.confirm(`Cancel all ${this.count} pictures that wait?`)) this.steer("empty");
    });
    byId("queue").addEventListener("toggle", () => this.look());
  }

  offer() {
    byId("queue").hidden = false;
  }

  async look() {
    clearTimeout(this.next);
    if (!byId("queue").open) return;
    await this.ask(() => server.queue());
    this.next = setTimeout(() => this.look(), SECONDS_BETWEEN_LOOKS * 1000);
  }

  steer(what) {
    return this.ask(() => server.steer(what));
  }

  async ask(request) {
    try {
      this.show(await request());
      complain("queue-error");
    } catch (error) {
      complain("queue-error", error.message);
    }
  }

  show(view) {
    this.paused = view.paused;
    this.count = view.count;
    const parts = [`${view.running.length} running, ${view.count} waiting`];
    if (view.paused !== null) parts.push("paused");
    if (view.error !== null) parts.push(`times told were wrong by ${Math.round(100 * view.error)} %`);
    byId("queue-state").textContent = parts.join(" · ");
    byId("queue-pause").textContent = view.paused === null ? "Pause" : "Resume";
    byId("queue-empty").disabled = view.count === 0;
    const rows = [
      ...view.running.map((line) => this.row("running", line)),
      ...view.waiting.map((line, index) => this.row(`${index + 1}`, line)),
    ];
    byId("queue-rows").replaceChildren(...rows);
    byId("queue-table").hidden = rows.length === 0;
  }

  row(position, line) {
    const cancel = element("button", { type: "button", className: "quiet", textContent: "Cancel" });
    cancel.setAttribute("aria-label", `Cancel ${line.id}`);
    cancel.addEventListener("click", () => this.steer(`jobs/${line.id}/cancel`));
    const cells = [position, `${line.platform}, ${line.place}`, line.person, line.takes];
    const row = cells.map((words) => element("td", { textContent: words }));
    return element("tr", {}, ...row, element("td", {}, cancel));
  }
}
