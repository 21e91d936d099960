// The settings: strength, finish, and the fine tuning.

import { byId, element } from "./dom.js";

const STRENGTHS = [
  [15, "a breath of paint"],
  [40, "light"],
  [60, "balanced"],
  [85, "strong"],
  [100, "all paint"],
];

const FIELDS = ["strength", "size", "steps", "seed", "colours", "style_scale", "start", "look"];

export class Touch {
  constructor(changed) {
    this.changed = changed;
    this.presets = {};
    this.looks = {};
    this.house = Number(byId("strength").value);
    this.isMoved = false;
    byId("strength").addEventListener("input", () => {
      this.isMoved = true;
      this.tellStrength();
    });
    for (const id of FIELDS) byId(id).addEventListener("change", changed);
    byId("look").addEventListener("change", () => this.tellSteps());
    this.tellStrength();
  }

  // Settings of the house that no preset has are a choice of their own, sent as nothing chosen.
  lay({ presets, default: house, size, steps, looks }) {
    this.looks = looks;
    const same = Object.keys(presets).find((name) => presets[name].size === house.size && presets[name].steps === house.steps);
    this.presets = same ? presets : { "": house, ...presets };
    const first = same ?? "";
    byId("presets").replaceChildren(
      ...Object.entries(this.presets).map(([name, preset]) => {
        const radio = element("input", { type: "radio", className: "unseen", name: "preset", value: name });
        radio.checked = name === first;
        radio.addEventListener("change", () => this.choose(name));
        const words = element("span", {}, element("b", { textContent: name || "as set up" }));
        words.append(element("small"));
        return element("label", {}, radio, words);
      }),
    );
    Object.assign(byId("size"), { min: size.min, max: size.max });
    Object.assign(byId("steps"), { min: steps.min, max: steps.max });
    this.house = house.strength;
    this.follow([]);
    this.choose(first);
  }

  get preset() {
    return document.querySelector("input[name=preset]:checked")?.value ?? "";
  }

  // The next better finish; undefined at the best, and where size or steps are set by hand.
  get finer() {
    if (byId("size").value || byId("steps").value) return undefined;
    const names = Object.keys(this.presets);
    return names[names.indexOf(this.preset) + 1];
  }

  choose(name) {
    for (const radio of document.querySelectorAll("input[name=preset]")) radio.checked = radio.value === name;
    byId("size").placeholder = this.presets[name].size;
    this.tellSteps();
    this.changed();
  }

  // Show what suits the chosen styles, until the visitor has moved the slider; null is for a style without a strength.
  follow(strengths) {
    if (this.isMoved) return;
    const all = strengths.length ? strengths.map((each) => each ?? this.house) : [this.house];
    byId("strength").value = Math.floor(all.reduce((sum, each) => sum + each, 0) / all.length + 0.5);
    this.tellStrength();
  }

  // A look can need fewer steps than a preset has.
  tellSteps() {
    const share = this.looks[byId("look").value] ?? 1;
    for (const radio of document.querySelectorAll("input[name=preset]")) {
      const preset = this.presets[radio.value];
      const steps = Math.max(1, Math.round(preset.steps * share));
      radio.parentElement.querySelector("small").textContent = `${preset.size} px, ${steps} steps`;
      if (radio.checked) byId("steps").placeholder = steps;
    }
  }

  tellStrength() {
    const value = Number(byId("strength").value);
    const [, word] = STRENGTHS.find(([top]) => value <= top);
    byId("strength-word").textContent = `${value}, ${word}`;
    byId("strength").setAttribute("aria-valuetext", `${value}, ${word}`);
  }

  addTo(form) {
    if (this.preset) form.append("preset", this.preset);
    for (const id of FIELDS) if (byId(id).value && (id !== "strength" || this.isMoved)) form.append(id, byId(id).value);
  }
}
