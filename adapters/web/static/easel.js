// One job: while it waits, while it is painted, and when it is over.

import { Chart } from "./chart.js";
import { byId, complain, element, say } from "./dom.js";
import * as server from "./server.js";

const TITLE = document.title;
const SAID_EVERY = 25;
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

export class Easel {
  constructor(over) {
    this.over = over;
    this.chart = new Chart();
    this.id = null;
    this.stop = () => {};
    byId("cancel").addEventListener("click", () => this.cancel());
    byId("wipe").addEventListener("input", (event) => this.wipe(event.target.value));
    byId("painting").addEventListener("load", ({ target }) => {
      if (target.naturalWidth > 1) byId("easel").style.setProperty("--ratio", target.naturalWidth / target.naturalHeight);
    });
  }

  // Put a job on the easel; `record` is what the browser remembers of it, if anything.
  async open(id, record) {
    this.close();
    this.id = id;
    this.prepare(record);
    await this.look();
    if (this.id === id) byId("easel-title").focus({ preventScroll: true });
  }

  close() {
    this.stop();
    this.stop = () => {};
    this.id = null;
    byId("timelapse-film").removeAttribute("src");
    document.title = TITLE;
    if (this.before?.startsWith("blob:")) URL.revokeObjectURL(this.before);
    this.before = null;
  }

  prepare(record) {
    const before = record?.before;
    this.before = before instanceof Blob ? URL.createObjectURL(before) : before || null;
    this.title(record?.title);
    this.chart.clear();
    this.said = -1;
    complain("easel-error");
    this.stage("waiting");
    byId("status").textContent = "";
    byId("painting").src = this.before ?? BLANK;
    byId("painting").alt = this.before ? "The photo, not painted yet" : "";
    this.bar(0, "");
    byId("cancel").disabled = false;
  }

  title(style) {
    byId("easel-title").replaceChildren(...(style ? ["In the style of ", element("em", { textContent: style })] : ["Your picture"]));
  }

  // waiting, running, done or ended: what is seen follows from it in the style sheet and here.
  stage(name) {
    byId("easel").dataset.stage = name;
    const goesOn = name === "waiting" || name === "running";
    byId("live").hidden = byId("cancel").hidden = !goesOn;
    byId("finished").hidden = name !== "done";
    byId("easel-canvas").hidden = name === "unknown";
    for (const id of ["before", "wipe"]) byId(id).hidden = name !== "done" || !this.before;
  }

  async look() {
    const id = this.id;
    try {
      const job = await server.job(id);
      if (this.id !== id) return;
      this.lost(false);
      this.title(job.style);
      if (job.over) this.finish(job);
      else this.stop = server.listen(id, (event) => this.hear(event), (lost) => this.lost(lost));
    } catch (error) {
      if (this.id !== id) return;
      if (error.status === 0) {
        this.lost(true);
        const again = setTimeout(() => this.look(), 2000);
        this.stop = () => clearTimeout(again);
        return;
      }
      this.stage("unknown");
      complain("easel-error", error.message);
    }
  }

  lost(isLost) {
    complain("easel-error", isLost ? "The connection to the bot is lost; this page keeps trying." : "");
  }

  hear(event) {
    if (event.kind === "finished") this.look();
    else if (event.kind === "queued") this.queued(event);
    else this.running(event);
  }

  queued(event) {
    this.stage("waiting");
    byId("status").textContent = event.text;
    document.title = `Waiting – ${TITLE}`;
    say(event.text);
  }

  running(event) {
    this.stage("running");
    byId("status").textContent = event.held || `Painting, step ${event.step} of ${event.steps}`;
    document.title = `${event.percent} % – ${TITLE}`;
    this.bar(event.percent, event.left);
    this.chart.add(event.step, event.steps, event.losses);
    if (event.preview) {
      byId("painting").src = event.preview;
      byId("painting").alt = "The picture as far as it is painted";
      byId("easel").classList.add("painted");
    }
    const tenth = Math.floor(event.percent / SAID_EVERY);
    if (tenth > this.said) say(`Painting, ${event.percent} percent, ${event.left}`);
    this.said = Math.max(tenth, this.said);
  }

  bar(percent, left) {
    const bar = byId("bar");
    bar.ariaValueNow = percent;
    bar.firstElementChild.style.width = `${percent}%`;
    byId("percent").textContent = `${percent} %`;
    byId("left").textContent = left;
    if (!percent) byId("easel").classList.remove("painted");
  }

  async cancel() {
    byId("cancel").disabled = true;
    complain("easel-error");
    try {
      await server.cancel(this.id);
      byId("status").textContent = "Stopping …";
    } catch (error) {
      byId("cancel").disabled = false;
      complain("easel-error", error.message);
    }
  }

  finish(job) {
    this.stop();
    document.title = `${job.state === "done" ? "Done" : "Ended"} – ${TITLE}`;
    if (job.state === "done") this.hang(job);
    else {
      this.stage("ended");
      byId("status").textContent = job.sentence;
      say(job.sentence);
    }
    this.over(job);
  }

  hang(job) {
    const at = `/jobs/${job.id}`;
    this.stage("done");
    byId("status").textContent = this.before ? "Done. Draw across the picture to see the photo." : "Done.";
    const moves = job.moving.includes("animation");
    byId("painting").src = moves ? `${at}/animation` : `${at}/picture`;
    byId("painting").alt = `Your photo in the style of ${job.style}`;
    if (this.before) byId("before").src = this.before;
    byId("wipe").value = 0;
    this.wipe(0);
    const name = `atelier-${job.style.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${job.id}`;
    const whole = moves ? { href: `${at}/animation`, download: `${name}.webp` } : { href: `${at}/picture`, download: `${name}.png` };
    Object.assign(byId("save-picture"), { ...whole, textContent: moves ? "Download animation" : "Download picture" });
    Object.assign(byId("save-film"), { href: `${at}/film`, download: `${name}.mp4`, hidden: !job.moving.includes("film") });
    Object.assign(byId("save-curve"), { href: `${at}/curve`, download: `${name}-losses.png` });
    Object.assign(byId("save-losses"), { href: `${at}/losses`, download: `${name}-losses.json` });
    byId("curve").src = byId("curve-link").href = `${at}/curve`;
    this.showFilm(job, name);
    this.tellLosses(job.summary);
    say("Your picture is done.");
  }

  showFilm(job, name) {
    const filmed = job.moving.includes("timelapse");
    byId("timelapse").hidden = !filmed;
    if (!filmed) return;
    byId("timelapse-film").src = `/jobs/${job.id}/timelapse`;
    Object.assign(byId("save-timelapse"), { href: `/jobs/${job.id}/timelapse`, download: `${name}-timelapse.mp4` });
  }

  tellLosses(summary) {
    if (!summary) return;
    byId("notes").replaceChildren(...summary.notes.map((note) => element("li", { textContent: note })));
    byId("rows").replaceChildren(
      ...summary.rows.map((row) => {
        const change = row.fall === null ? "–" : `${row.fall > 0 ? "−" : "+"}${number.format(Math.abs(row.fall))} %`;
        const cells = [number.format(row.first), number.format(row.last), change];
        const name = element("th", { scope: "row", textContent: row.loss });
        return element("tr", {}, name, ...cells.map((text) => element("td", { textContent: text })));
      }),
    );
    byId("facts").textContent =
      `${summary.width} × ${summary.height} pixels, ${summary.steps} steps in ${summary.time} on ${summary.device} (${summary.precision})`;
  }

  wipe(percent) {
    byId("compare").style.setProperty("--cut", `${percent}%`);
  }
}
