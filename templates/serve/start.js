// The start page: a recording is chosen or made, its options are set, and it is sent.

import { byId } from "./shared.js";
import { tell } from "./asking.js";
import { addFields, addGroups, chosen } from "./fields.js";
import { showMine } from "./mine.js";
import { send } from "./sending.js";
import { chosenFiles, isPrecious, isRecording, listenToSource, markSent } from "./source.js";

const COMMON = ["to", "language", "culture", "age", "motion"];
const SAY_EACH = 0.25; // of an upload: read out at every quarter, not at every byte
const told = JSON.parse(byId("told").textContent ?? "{}");
/** @type {AbortController|null} */
let sending = null;
let said = 0;

/** Whether there is something to send, and why not. */
function showReady() {
  const { source } = chosenFiles();
  byId("send").disabled = !source || sending !== null;
  byId("go-note").hidden = source !== null;
  byId("go-note").textContent = isRecording() ? "Stop the recording first." : "Choose a recording first.";
}

/** Show how far the upload is. */
function showSent(/** @type {number} */ share, /** @type {string} */ text) {
  byId("sent").value = share;
  byId("sent-text").textContent = text;
  if (share - said < SAY_EACH) return;
  said = share;
  byId("sent-said").textContent = `${Math.round(share * 100)} % sent`;
}

/** Send it all; then the job has a page of its own. */
async function submit(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  const { source, transcript } = chosenFiles();
  if (!source || sending) return;
  sending = new AbortController();
  said = 0;
  tell(byId("problem"), "");
  const form = new FormData();
  // Fields first: the server knows what is wanted before the file comes.
  for (const [name, value] of chosen(byId("new"), told.fields)) form.append(name, value);
  if (transcript) form.append("transcript", transcript, transcript.name);
  form.append("file", source, source.name);
  byId("sending").hidden = false;
  showSent(0, "Sending");
  showReady();
  try {
    const { id } = await send(form, showSent, sending.signal);
    markSent();
    window.location.assign(`/jobs/${encodeURIComponent(id)}`);
  } catch (error) {
    sending = null;
    byId("sending").hidden = true;
    showReady();
    const stopped = /** @type {Error} */ (error).name === "AbortError";
    tell(byId("problem"), stopped ? "" : /** @type {Error} */ (error).message);
    byId("sent-said").textContent = stopped ? "Cancelled; nothing was kept." : "";
    byId(stopped ? "send" : "problem").focus();
  }
}

addFields(byId("options"), told.fields.filter((/** @type {any} */ { name }) => COMMON.includes(name)));
addGroups(byId("more-body"), told.fields.filter((/** @type {any} */ { name }) => !COMMON.includes(name)));
byId("more").hidden = !byId("more-body").childElementCount;
listenToSource(told, showReady);
byId("new").addEventListener("submit", submit);
byId("cancel").addEventListener("click", () => sending?.abort());
window.addEventListener("beforeunload", (event) => (sending !== null || isPrecious()) && event.preventDefault());
window.addEventListener("pageshow", showMine);
showReady();
