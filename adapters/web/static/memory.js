// What this browser remembers of its jobs: id, title, when, and the photo in small, for the list and the comparison.

const STORE = "jobs";
const KEPT = 24;
const SIDE = 1024;
const here = new Map();

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened;
function store(mode) {
  opened ??= (() => {
    const request = indexedDB.open("atelier", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    return asPromise(request);
  })();
  return opened.then((database) => database.transaction(STORE, mode).objectStore(STORE));
}

// Browsers that store nothing (private windows) remember until the page is closed.
export async function remember(record) {
  here.set(record.id, record);
  try {
    await asPromise((await store("readwrite")).put(record));
    for (const old of (await all()).slice(KEPT)) await forget(old.id);
  } catch {
    return;
  }
}

export async function forget(id) {
  here.delete(id);
  try {
    await asPromise((await store("readwrite")).delete(id));
  } catch {
    return;
  }
}

export async function all() {
  let stored = [];
  try {
    stored = await asPromise((await store("readonly")).getAll());
  } catch {
    stored = [];
  }
  const records = new Map([...stored.map((record) => [record.id, record]), ...here]);
  return [...records.values()].sort((one, other) => other.created - one.created);
}

export async function recall(id) {
  return (await all()).find((record) => record.id === id);
}

// The photo as a small JPEG, upright; null for what this browser cannot decode.
export async function inSmall(file) {
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(whole.width, whole.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(whole.width * scale));
    canvas.height = Math.max(1, Math.round(whole.height * scale));
    canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  } catch {
    return null;
  }
}
