// Saving: files of what the page shows, made here and handed to the browser.

const KEEP_URL_MS = 60000;
/** @type {Object<string, {ending: string, type: string, make: () => string}>} */
const EXPORTS = {
  json: { ending: ".sentigram.json", type: "application/json", make: documentText },
  srt: { ending: ".srt", type: "application/x-subrip", make: srtText },
  vtt: { ending: ".vtt", type: "text/vtt", make: vttText },
  ass: { ending: ".ass", type: "text/x-ssa", make: () => `\ufeff${assText()}` },
};

/** Hand a text to the browser as a file. */
function download(/** @type {string} */ text, /** @type {string} */ ending, /** @type {string} */ type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = /** @type {HTMLAnchorElement} */ (make("a"));
  link.href = url;
  link.download = `${talk.title}${ending}`;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
}

/** The present look in words. */
function lookName() {
  return [look.culture, look.age, ...profilesOf(look)].map(spoken).join(", ");
}

/** Make a file of one kind. */
function exportAs(/** @type {string} */ kind) {
  if (kind === "json") {
    saveAsFile();
    return;
  }
  styleCache.clear(); // the look may have changed
  const { ending, type, make: made } = EXPORTS[kind];
  download(made(), ending, type);
  byId("export-said").textContent = `Saved ${talk.title}${ending}.`;
}

/** Wire the dialog. */
function listenToExport() {
  byId("open-export").addEventListener("click", () => {
    byId("export-look").textContent = lookName();
    byId("export-said").textContent = "";
  });
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-export]"))) {
    button.addEventListener("click", () => exportAs(button.dataset.export ?? ""));
  }
}
