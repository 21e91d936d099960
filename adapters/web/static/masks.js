// Where each style paints: a black and white picture for a style that does not belong everywhere.

import { byId, element } from "./dom.js";

export class Masks {
  constructor(changed) {
    this.changed = changed;
    this.files = new Map();
    this.chosen = [];
    this.lay([]);
  }

  // One row for each chosen style; a mask goes with its style.
  lay(chosen) {
    const gone = this.chosen.filter((old) => !chosen.some(({ key }) => key === old.key));
    for (const { key } of gone) this.files.delete(key);
    const same = gone.length === 0 && chosen.length === this.chosen.length;
    this.chosen = chosen;
    byId("places").hidden = chosen.length === 0;
    if (!same) this.draw();
  }

  draw() {
    byId("masks").replaceChildren(...this.chosen.map((style) => this.row(style)));
  }

  row({ key, title }) {
    const file = this.files.get(key);
    const input = element("input", { type: "file", className: "unseen", accept: "image/*" });
    input.addEventListener("change", () => this.put(key, input.files[0]));
    const where = element("span", { className: "quiet", textContent: file ? file.name : "anywhere" });
    const row = element("li", {}, element("label", {}, element("em", { textContent: title }), input, where));
    if (file) {
      const remove = element("button", { type: "button", className: "link", textContent: "anywhere again" });
      remove.addEventListener("click", () => this.put(key));
      row.append(remove);
    }
    return row;
  }

  put(key, file) {
    if (file) this.files.set(key, file);
    else this.files.delete(key);
    this.draw();
    const place = this.chosen.findIndex((style) => style.key === key);
    byId("masks").children[place].querySelector("input").focus();
    this.changed();
  }

  // One for each style in their order, or none at all.
  addTo(form) {
    if (!this.files.size) return;
    for (const { key } of this.chosen) form.append("mask", this.files.get(key) ?? "");
  }

  get bytes() {
    return [...this.files.values()].reduce((sum, file) => sum + file.size, 0);
  }
}
