// Runs the page's writers without a browser: files of the player, what the page holds, and styles.
// node writers.js FOLDER < {"talk": …, "styles": {slug: …}, "acts": ["correctLine(0, …)", …]}
// prints {"json": …, "srt": …, "vtt": …, "ass": …, "after": [Document after each act, …]}
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const FILES = ["wording", "dom", "data", "corrections", "order", "drafts", "times", "lines", "split", "keeping", "select", "look", "captions", "sounds", "track", "ass", "document", "export", "profiles"];
const { talk, styles, acts } = JSON.parse(fs.readFileSync(0, "utf-8"));
const anything = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => "" : name === Symbol.iterator ? [][Symbol.iterator].bind([]) : anything),
  set: () => true,
  apply: () => anything,
});
const page = {
  getElementById: (id) => (id === "talk" ? { textContent: JSON.stringify(talk) } : anything),
  querySelector: () => anything,
  querySelectorAll: () => [],
  createElement: () => anything,
  addEventListener: () => undefined,
  documentElement: anything,
  body: anything,
};
const context = vm.createContext({ document: page, window: anything, navigator: anything, localStorage: anything, styles, acts });
const code = FILES.map((name) => fs.readFileSync(path.join(process.argv[2], `${name}.js`), "utf-8"));
code.push("function showEdit() {}", "function pick() {}", "reorder();", "readStyle = (slug) => styles[slug];");
code.push("const after = acts.map((act) => { const said = eval(act); return { said: said ?? null, json: documentText(), count: countCorrections() }; });");
code.push("({ json: documentText(), srt: srtText(), vtt: vttText(), ass: assText(), after });");
process.stdout.write(JSON.stringify(vm.runInContext(code.join("\n"), context)));
