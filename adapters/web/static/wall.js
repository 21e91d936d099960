// The wall of paintings, and the style pictures that the visitor brought along.

import { byId, complain, dropsFiles, element } from "./dom.js";

const SEARCHED_FROM = 13;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Wall {
  constructor(changed) {
    this.changed = changed;
    this.brought = [];
    const input = byId("style-file");
    input.addEventListener("change", () => {
      this.bring([...input.files]);
      input.value = "";
    });
    dropsFiles(document.querySelector(".styles"), (files) => this.bring(files));
    byId("style-search").addEventListener("input", (event) => this.find(event.target.value));
  }

  hang(paintings) {
    byId("style-search").hidden = paintings.length < SEARCHED_FROM;
    byId("wall").append(...paintings.map((painting) => this.frame(painting)));
  }

  // One painting with its label, as on a museum's wall.
  frame(painting) {
    const box = element("input", { type: "checkbox", className: "unseen", value: painting.id });
    box.dataset.title = painting.title;
    if (painting.strength !== null) box.dataset.strength = painting.strength;
    box.addEventListener("change", () => this.chose());
    const picture = element("img", { src: `/styles/${painting.id}/thumbnail`, alt: "", loading: "lazy" });
    const by = [painting.artist, painting.year].filter(Boolean).join(", ");
    const words = element("span", { className: "words" }, element("em", { textContent: painting.title }));
    if (by) words.append(element("span", { textContent: by }));
    const label = element("label", {}, box, element("span", { className: "hung" }, picture), words);
    const item = element("li", { title: [painting.title, by].filter(Boolean).join("\n") }, label);
    item.dataset.words = plain(`${painting.title} ${by}`);
    return item;
  }

  bring(files) {
    for (const file of files) {
      this.brought.push(file);
      const address = URL.createObjectURL(file);
      const picture = element("img", { src: address, alt: "" });
      picture.onerror = () => picture.remove();
      const remove = element("button", { type: "button", className: "remove", ariaLabel: `Take ${file.name} away` });
      const words = element("span", { className: "words" }, element("em", { textContent: file.name || "Your picture" }));
      words.append(element("span", { textContent: "brought by you" }));
      const item = element("li", { className: "brought" }, element("span", { className: "hung" }, picture), words, remove);
      remove.addEventListener("click", () => {
        this.brought = this.brought.filter((other) => other !== file);
        URL.revokeObjectURL(address);
        item.remove();
        byId("style-file").focus();
        this.chose();
      });
      byId("wall").querySelector(".own").after(item);
    }
    if (files.length) this.chose();
  }

  chose() {
    complain("style-error");
    this.changed();
  }

  find(text) {
    const wanted = plain(text.trim());
    let found = 0;
    for (const item of byId("wall").querySelectorAll("li[data-words]")) {
      item.hidden = !item.dataset.words.includes(wanted);
      found += item.hidden ? 0 : 1;
    }
    byId("wall-empty").hidden = found > 0;
  }

  get boxes() {
    return [...byId("wall").querySelectorAll("input[type=checkbox]")];
  }

  get titles() {
    return this.chosen.map((style) => style.title);
  }

  // How strong each of the chosen styles is by itself, null where it does not say.
  get strengths() {
    const hung = this.boxes.filter((box) => box.checked).map((box) => box.dataset.strength);
    return [...hung.map((own) => (own === undefined ? null : Number(own))), ...this.brought.map(() => null)];
  }

  // The chosen styles in the order in which they are sent.
  get chosen() {
    const hung = this.boxes.filter((box) => box.checked).map((box) => ({ key: box.value, title: box.dataset.title }));
    return [...hung, ...this.brought.map((file) => ({ key: file, title: file.name || "your own picture" }))];
  }

  // Choose this one painting alone.
  choose(id) {
    for (const box of this.boxes) box.checked = box.value === id;
    this.chose();
  }

  addTo(form) {
    for (const box of this.boxes) if (box.checked) form.append("style", box.value);
    for (const file of this.brought) form.append("style_image", file, file.name || "style");
  }

  get bytes() {
    return this.brought.reduce((sum, file) => sum + file.size, 0);
  }
}
