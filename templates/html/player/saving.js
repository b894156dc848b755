// Saving corrections: to the server that sent this page, else as a file.

const SAVE_WITHIN_MS = 30000;
let etag = talk.server?.etag ?? ""; // of the Document that the corrections are of
let saving = false;

/** Save the Document, and remember that it was saved. */
function saveCorrections() {
  if (talk.server) saveToServer();
  else saveAsFile();
}

/** Hand the Document to the browser as a file. */
function saveAsFile() {
  download(documentText(), ".sentigram.json", "application/json");
  nSaved = nDone;
  drawFixes("Corrections saved as a Document.");
}

/** Send the Document to the server, which refuses it where another one was saved in between. */
async function saveToServer() {
  if (saving) return;
  saving = true;
  const upTo = nDone; // what is corrected while it travels is not saved yet
  byId("fixes-said").textContent = "Saving.";
  const failure = await sendDocument(documentText());
  saving = false;
  if (failure) {
    byId("fixes").hidden = false;
    byId("fixes-said").textContent = failure;
    byId("fixes-failed").textContent = failure;
  } else {
    nSaved = upTo;
    drawFixes("Corrections saved.");
  }
  byId("save-file").hidden = !failure;
}

/** Send a Document; says why where it was not taken, "" where it was. */
async function sendDocument(/** @type {string} */ text) {
  try {
    const answer = await fetch(talk.server.document, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "If-Match": etag },
      body: text,
      signal: AbortSignal.timeout(SAVE_WITHIN_MS),
    });
    if (answer.ok) {
      etag = answer.headers.get("ETag") ?? etag;
      return "";
    }
    if (answer.status === 409 || answer.status === 412) {
      return "Not saved: other corrections were saved since you opened this page. Download yours, then reload to see the others.";
    }
    const { error } = await answer.json().catch(() => ({}));
    return `Not saved: ${error ?? "the server refused it"}. You can download your corrections.`.replace("..", ".");
  } catch {
    return "Not saved: the server does not answer. Try again, or download your corrections.";
  }
}

/** Wire what only a page of a server has. */
function listenToSaving() {
  if (talk.server) byId("save-file").addEventListener("click", saveAsFile);
}
