// Small words for the page's elements.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Show a sentence beside its field, or clear it.
export function complain(id, sentence = "") {
  byId(id).textContent = sentence;
}

// Let a screen reader say something.
export function say(sentence) {
  byId("said").textContent = sentence;
}

export function dropsFiles(target, take) {
  const marked = (on) => target.classList.toggle("dropping", on);
  target.addEventListener("dragover", (event) => {
    event.preventDefault();
    marked(true);
  });
  target.addEventListener("dragleave", (event) => {
    if (!target.contains(event.relatedTarget)) marked(false);
  });
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    marked(false);
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files]);
  });
}
