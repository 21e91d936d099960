// The page: the form, or the job that the address names after its #.

import { Compose } from "./compose.js";
import { byId } from "./dom.js";
import { Easel } from "./easel.js";
import { recall } from "./memory.js";
import { Queue } from "./queue.js";
import { Recent } from "./recent.js";

const recent = new Recent();
const compose = new Compose((id) => {
  location.hash = id;
});
const easel = new Easel(() => {
  offerFiner();
  recent.refresh();
});

function named() {
  const id = location.hash.slice(1);
  return /^[0-9a-z]{1,25}$/.test(id) ? id : null;
}

function offerFiner() {
  const finer = compose.lastJob && compose.lastJob === easel.id ? compose.touch.finer : undefined;
  byId("finer").hidden = !finer;
  byId("finer").textContent = finer ? `Paint it again, ${finer}` : "";
}

async function turn() {
  const id = named();
  byId("compose").hidden = id !== null;
  byId("easel").hidden = id === null;
  byId("finer").hidden = true;
  window.scrollTo(0, 0);
  if (id === null) easel.close();
  else await easel.open(id, await recall(id));
  await recent.refresh(id);
}

byId("finer").addEventListener("click", async () => {
  byId("finer").disabled = true;
  await compose.sendFiner();
  byId("finer").disabled = false;
});
window.addEventListener("hashchange", turn);
compose.load().then((options) => options?.steers && new Queue().offer());
turn();
