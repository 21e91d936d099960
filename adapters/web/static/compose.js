// The form: photo, styles and settings, sent as one job. Whatever is refused, nothing that was chosen is lost.

import { byId, complain } from "./dom.js";
import { Masks } from "./masks.js";
import { inSmall, remember } from "./memory.js";
import { Photo } from "./photo.js";
import * as server from "./server.js";
import { Touch } from "./touch.js";
import { Wall } from "./wall.js";

const ERRORS = { photo: "photo-error", style: "style-error", options: "options-error" };
const FOCUS = { photo: "photo-file", style: "style-file", options: "paint" };

const anyOf = (list) => list[Math.floor(Math.random() * list.length)];
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replace(/[+/]/g, "-");
}

export class Compose {
  constructor(made) {
    this.made = made;
    this.limit = Infinity;
    this.lastJob = null;
    const changed = () => this.changed();
    this.token = newToken();
    this.photo = new Photo(changed);
    this.wall = new Wall(changed);
    this.touch = new Touch(changed);
    this.masks = new Masks(changed);
    byId("compose").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    document.addEventListener("paste", (event) => this.paste(event));
    for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  }

  async load() {
    let options;
    try {
      let photos, styles;
      [options, photos, styles] = await Promise.all([server.options(), server.photos(), server.styles()]);
      this.limit = options.body;
      this.styles = styles;
      this.touch.lay(options);
      this.photo.hang(photos);
      this.wall.hang(styles);
    } catch (error) {
      complain("options-error", error.message);
    }
    this.changed();
    return options;
  }

  // Each new set of choices is a new request; the same set sent twice is one job.
  changed() {
    this.token = newToken();
    this.lastJob = null;
    this.masks?.lay(this.wall.chosen);
    this.touch?.follow(this.wall.strengths);
    complain("options-error");
    this.tellRecipe();
  }

  tellRecipe() {
    const recipe = byId("recipe");
    const styles = listed(this.wall?.titles ?? []);
    if (this.photo?.isThere && styles) recipe.textContent = `${this.photo.title} in the style of ${styles}`;
    else if (this.photo?.isThere) recipe.textContent = "Now choose a style.";
    else if (styles) recipe.textContent = `Now choose a photo for ${styles}.`;
    else this.offerChance(recipe);
  }

  offerChance(recipe) {
    const chance = document.createElement("button");
    chance.type = "button";
    chance.className = "link";
    chance.textContent = "let chance choose";
    chance.addEventListener("click", () => {
      if (!this.styles?.length || !this.photo.examples.length) return;
      this.photo.takeExample(anyOf(this.photo.examples));
      this.wall.choose(anyOf(this.styles).id);
      byId("paint").focus();
    });
    recipe.replaceChildren("Choose a photo and a style, or ", chance, ".");
  }

  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (!files.length || byId("compose").hidden) return;
    if (document.activeElement?.closest(".styles")) this.wall.bring(files);
    else this.photo.take(files[0]);
  }

  async send() {
    const button = byId("paint");
    if (button.disabled) return;
    for (const id of Object.values(ERRORS)) complain(id);
    button.disabled = true;
    try {
      const job = await server.submit(this.form());
      this.token = newToken();
      this.lastJob = job.id;
      await remember({ id: job.id, title: job.style, created: job.created, ...(await this.before()) });
      this.made(job.id);
    } catch (error) {
      this.refuse(error);
    } finally {
      button.disabled = false;
    }
  }

  form() {
    if (this.photo.bytes + this.wall.bytes + this.masks.bytes > this.limit) {
      const limit = Math.round(this.limit / 1024 / 1024);
      throw new server.Refused(`That is more than ${limit} MB of pictures; choose smaller ones.`, "picture");
    }
    const form = new FormData();
    form.append("token", this.token);
    this.photo.addTo(form);
    this.wall.addTo(form);
    this.masks.addTo(form);
    this.touch.addTo(form);
    return form;
  }

  async before() {
    if (this.photo.example) return { before: `/photos/${this.photo.example.id}/picture` };
    return { before: await inSmall(this.photo.file) };
  }

  refuse(error) {
    if (byId("compose").hidden) location.hash = "";
    let field = error.field || "options";
    if (field === "picture") field = /mask/i.test(error.message) ? "options" : /style/i.test(error.message) ? "style" : "photo";
    complain(ERRORS[field] ?? "options-error", error.message);
    byId(FOCUS[field] ?? "paint").focus({ preventScroll: true });
    byId(ERRORS[field] ?? "options-error").scrollIntoView({ block: "center" });
  }

  // Paint the same again with a better finish.
  sendFiner() {
    this.touch.choose(this.touch.finer);
    return this.send();
  }
}
