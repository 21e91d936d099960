// The losses while they fall: a small line chart on a logarithmic axis.

import { byId, element, svg } from "./dom.js";

const WIDTH = 420;
const HEIGHT = 190;
const EDGE = { left: 40, right: 10, top: 8, bottom: 22 };
const LINES = ["content", "style", "total"];

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export class Chart {
  constructor() {
    this.clear();
  }

  clear() {
    this.points = [];
    byId("chart").hidden = true;
  }

  add(step, steps, losses) {
    if (losses.total === undefined || step <= (this.points.at(-1)?.step ?? -1)) return;
    this.points.push({ step, losses });
    this.steps = steps;
    this.draw();
  }

  draw() {
    const values = this.points.flatMap(({ losses }) => LINES.map((name) => losses[name])).filter((value) => value > 0);
    if (this.points.length < 2 || !values.length) return;
    const low = Math.floor(Math.log10(Math.max(Math.min(...values), Math.max(...values) * 1e-5)));
    const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
    const across = (step) => EDGE.left + ((WIDTH - EDGE.left - EDGE.right) * step) / this.steps;
    const down = (value) =>
      EDGE.top + ((HEIGHT - EDGE.top - EDGE.bottom) * (high - Math.max(low, Math.log10(value)))) / (high - low);
    const chart = byId("chart-lines");
    chart.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    chart.replaceChildren(...this.grid(low, high, down), ...this.ends(across), ...this.lines(across, down));
    this.tellKey();
    byId("chart").hidden = false;
  }

  grid(low, high, down) {
    const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
    return decades.flatMap((value) => [
      svg("path", { class: "decade", d: `M${EDGE.left} ${down(value)}H${WIDTH - EDGE.right}` }),
      svg("text", { x: EDGE.left - 8, y: down(value) + 4, "text-anchor": "end" }, short.format(value)),
    ]);
  }

  ends(across) {
    const y = HEIGHT - 4;
    return [
      svg("text", { x: across(0), y }, "0"),
      svg("text", { x: across(this.steps), y, "text-anchor": "end" }, `${this.steps} steps`),
    ];
  }

  lines(across, down) {
    return LINES.map((name) => {
      const places = this.points
        .filter(({ losses }) => losses[name] > 0)
        .map(({ step, losses }) => `${across(step).toFixed(1)} ${down(losses[name]).toFixed(1)}`);
      return svg("path", { class: `line ${name}`, d: places.length ? `M${places.join("L")}` : "" });
    });
  }

  tellKey() {
    const { losses } = this.points.at(-1);
    byId("chart-key").replaceChildren(
      ...LINES.map((name) => {
        const key = element("span", { className: name }, element("i"), `${name} `);
        key.append(element("b", { textContent: short.format(losses[name] ?? 0) }));
        return key;
      }),
    );
  }
}
