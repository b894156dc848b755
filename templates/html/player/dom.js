// Building elements. Text only ever becomes text nodes.

/** @template {HTMLElement} T @returns {T} */
function byId(/** @type {string} */ id) {
  return /** @type {T} */ (document.getElementById(id));
}

/** Make an element with a class, text or children. */
function make(/** @type {string} */ tag, className = "", /** @type {(string|Node)[]} */ ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** Make an SVG element with attributes. */
function makeSvg(/** @type {string} */ tag, /** @type {Object<string, string|number>} */ attributes, ...content) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...content);
  return element;
}

/** A copy of the cross that closes things. */
function closeButton(/** @type {string} */ label) {
  const button = make("button", "icon");
  button.setAttribute("type", "button");
  button.setAttribute("aria-label", label);
  button.append(/** @type {SVGElement} */ (document.querySelector("#help form svg")).cloneNode(true));
  return button;
}
