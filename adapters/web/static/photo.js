// The photo: dropped, pasted, chosen from a file or taken from the examples.

import { byId, complain, dropsFiles, element } from "./dom.js";

export class Photo {
  constructor(changed) {
    this.changed = changed;
    this.file = null;
    this.example = null;
    const input = byId("photo-file");
    input.addEventListener("change", () => {
      if (input.files.length) this.take(input.files[0]);
      input.value = "";
    });
    dropsFiles(byId("photo-canvas"), ([file]) => this.take(file));
  }

  hang(examples) {
    this.examples = examples;
    byId("examples").replaceChildren(
      ...examples.map((example) => {
        const picture = element("img", { src: `/photos/${example.id}/thumbnail`, alt: "", loading: "lazy" });
        const button = element("button", { type: "button", title: example.title, ariaLabel: example.title }, picture);
        button.ariaPressed = "false";
        button.dataset.id = example.id;
        button.addEventListener("click", () => this.takeExample(example));
        return button;
      }),
    );
  }

  get isThere() {
    return Boolean(this.file || this.example);
  }

  get title() {
    return this.example ? this.example.title : this.file ? this.file.name || "Your photo" : "";
  }

  take(file) {
    this.file = file;
    this.example = null;
    this.show(URL.createObjectURL(file));
  }

  takeExample(example) {
    this.file = null;
    this.example = example;
    this.show(`/photos/${example.id}/picture`);
  }

  show(address) {
    const shown = byId("photo-shown");
    if (shown.src.startsWith("blob:")) URL.revokeObjectURL(shown.src);
    const canvas = byId("photo-canvas");
    const caption = byId("photo-caption");
    canvas.classList.remove("sealed");
    shown.onload = () => canvas.classList.add("filled");
    shown.onerror = () => {
      canvas.classList.replace("filled", "sealed") || canvas.classList.add("sealed");
      shown.hidden = true;
      byId("photo-sealed").textContent = this.title;
      caption.textContent = "";
    };
    shown.src = address;
    shown.alt = this.title;
    shown.hidden = false;
    caption.textContent = this.title;
    for (const button of byId("examples").children) {
      button.ariaPressed = String(button.dataset.id === this.example?.id);
    }
    complain("photo-error");
    this.changed();
  }

  addTo(form) {
    if (this.file) form.append("photo", this.file, this.file.name || "photo");
    else if (this.example) form.append("photo_id", this.example.id);
  }

  get bytes() {
    return this.file ? this.file.size : 0;
  }
}
