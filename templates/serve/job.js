// The page of one job: where it stands, its words and emotions as they come, then its results.

import { byId, make } from "./shared.js";
import { ask, asSentence, isSure, standing, tell } from "./asking.js";
import { drawFeelings, endFeelings } from "./feelings.js";
import { fits, knownWords, listenToFlow, replaceWords, sayNoWords, setReadings, setWords } from "./flow.js";
import { follow } from "./following.js";
import { listenToRestyle, showResults } from "./results.js";

const told = JSON.parse(byId("told").textContent ?? "{}");
const home = `/api/jobs/${encodeURIComponent(told.id)}`;
/**
 * What is shown of the work, and the program's own stages in it: from where to where each fills the bar.
 * @type {{title: string, parts: Record<string, [number, number]>}[]}
 */
const STAGES = [
  { title: "Sound", parts: { decode: [0, 1] } },
  { title: "Words", parts: { words: [0, 0.7], fit: [0.7, 0.95], "word times": [0.7, 0.95], shots: [0.95, 0.95], missed: [0.95, 1] } },
  ...(told.emotions ? [{ title: "Emotions", parts: /** @type {Record<string, [number, number]>} */ ({ emotions: [0, 1] }) }] : []),
  { title: "Results", parts: { style: [0, 0.3] } },
];
const asked = told.fields.find((/** @type {any} */ { name }) => name === "to")?.value.split(",") ?? [];
const wantedKinds = asked.filter((/** @type {string} */ kind) => kind !== "json").length; // the Document is there by then
/** @type {Set<string>} */
const drawnKinds = new Set();
/** @type {string[]} */
const notes = [];
let job = { state: "", place: null, eta_s: null, error: "" };
let reached = -1;
let isPreliminary = false; // the words that are shown are recognized, and more is found out of them
let stop = () => {};

/** Show where the job stands. */
function showState(/** @type {any} */ now) {
  const before = job.state;
  job = { ...job, ...now };
  const line = job.state === "done" ? "Done. Open it, or take it home." : `${standing(job)}.`;
  byId("now").textContent = line;
  byId("job").dataset.state = job.state;
  if (before !== job.state) say(line);
  if (before && before !== job.state && !isBusy()) document.title = `${standing(job)}: ${told.name}`; // seen in another tab
  byId("stages").hidden = job.state === "failed" || job.state === "done" || job.state === "";
  byId("done-row").hidden = job.state === "";
  byId("delete").textContent = isBusy() ? "Stop and delete" : "Delete";
}

/** Whether it waits or is at work. */
function isBusy() {
  return job.state === "queued" || job.state === "running";
}

/** Say something to who cannot see it; whole sentences, and seldom. */
function say(/** @type {string} */ text) {
  byId("said").textContent = text;
}

/** The stages as a list, each with its share. */
function buildStages() {
  byId("stages").append(
    ...STAGES.map(({ title }) => {
      const bar = make("progress", "");
      Object.assign(bar, { max: 1, value: 0 });
      bar.setAttribute("aria-label", title);
      return make("li", "stage", make("span", "stage-name", title), bar);
    }),
  );
}

/** Show how far a stage is; those before it are done. */
function showStage(/** @type {{name: string, share: number}} */ { name, share }) {
  if (name in told.kinds) drawnKinds.add(name);
  const at = name in told.kinds ? STAGES.length - 1 : STAGES.findIndex(({ parts }) => name in parts);
  if (at < 0) return; // a stage that says nothing to people
  const [from, to] = STAGES[at].parts[name] ?? partOfKind();
  [...byId("stages").children].forEach((row, i) => {
    const bar = /** @type {HTMLProgressElement} */ (row.lastElementChild);
    const part = i < at ? 1 : i === at ? from + (to - from) * share : 0;
    bar.value = Math.max(bar.value, part);
    row.className = bar.value >= 1 ? "stage over" : i === at ? "stage on" : "stage";
  });
  if (at <= reached) return;
  reached = at;
  say(`Now: ${STAGES[at].title}.`);
}

/** The part of the bar of results that the kind that is drawn now fills. */
function partOfKind() {
  const wanted = Math.max(drawnKinds.size, wantedKinds);
  const each = 0.7 / wanted;
  return [0.3 + (drawnKinds.size - 1) * each, 0.3 + drawnKinds.size * each];
}

/** Add a note; each is told once. */
function showNote(/** @type {string} */ text) {
  if (notes.includes(text)) return;
  notes.push(text);
  byId("notes").hidden = false;
  byId("notes-title").textContent = notes.length === 1 ? "1 note" : `${notes.length} notes`;
  byId("notes-list").append(make("li", "", asSentence(text)));
}

/** The words of a Document, and their readings where it was read. */
function showDocument(/** @type {any} */ document) {
  const list = document.utterances.flatMap((/** @type {any} */ utterance) => utterance.words);
  const isRead = !(document.engine ?? []).some((/** @type {any} */ part) => part.role === "emotions" && part.id === "none");
  replaceWords(list);
  isPreliminary = false;
  list.forEach((/** @type {any} */ { emotion }, /** @type {number} */ i) => {
    // In a Document that was not read, only what a person said is a reading.
    if (told.emotions && (isRead || emotion.label !== "neutral")) setReadings(i, [readingOf(emotion, document.labels)]);
  });
  drawFeelings();
}

/** A reading of a Document as events have it: probabilities by label. */
function readingOf(/** @type {any} */ emotion, /** @type {string[]} */ labels) {
  return { ...emotion, probs: emotion.probs ? Object.fromEntries(labels.map((label, i) => [label, emotion.probs[i]])) : null };
}

/** What can be taken home. */
function showDone(/** @type {any} */ results) {
  showResults(results, told.kinds);
  byId("results").hidden = false;
  byId("open").hidden = false;
  endFeelings();
  if (!knownWords().length) sayNoWords("No words were heard.");
}

/** The sentence, and what is there all the same. */
function showFailed(/** @type {string} */ error) {
  tell(byId("problem"), asSentence(error ?? "") || "It could not be finished.");
  byId("kept-words").hidden = !knownWords().length;
  byId("document").hidden = isPreliminary; // of words that were only recognized there is none
  if (!knownWords().length) sayNoWords("No words were heard before it stopped.");
  endFeelings();
}

/** All that the server knows of the job. */
function showJob(/** @type {any} */ now) {
  showState({ state: now.state, place: now.place, eta_s: now.eta_s });
  if (now.stage) showStage(now.stage);
  for (const note of now.notes ?? []) showNote(note);
  if (now.document) showDocument(now.document);
  if (now.state === "done") showDone(now.results ?? {});
  if (now.state === "failed") showFailed(now.error);
}

/** Fetch everything: at the beginning, at the end, and where events were missed. */
async function refresh() {
  try {
    showJob(await ask(home));
  } catch (error) {
    tell(byId("problem"), /** @type {Error} */ (error).message);
  }
}

/** One event of the server. */
function hear(/** @type {string} */ name, /** @type {any} */ data) {
  if (name === "state") showState(data);
  else if (name === "stage") showStage(data);
  else if (name === "note") showNote(data.text);
  else if (name === "recognized") {
    if (!fits(data.from)) return; // they come again as `words`
    isPreliminary = true;
    setWords(data.from, data.words);
  } else if (name === "words") {
    if (isPreliminary) replaceWords([]); // those that are known now may be fewer
    isPreliminary = false;
    if (fits(data.from)) setWords(data.from, data.words);
    else refresh();
  } else if (name === "readings") {
    setReadings(data.from, data.readings);
    drawFeelings();
  } else refresh(); // done or failed: the Document and the results are whole now
}

/** Follow until the end; what is drawn anew begins anew. */
function begin() {
  stop();
  reached = -1;
  drawnKinds.clear();
  for (const row of byId("stages").children) /** @type {HTMLProgressElement} */ (row.lastElementChild).value = 0;
  stop = follow(told.id, { event: hear, job: showJob, lost: (text) => tell(byId("problem"), text) });
}

/** Delete the job once it is sure. */
async function remove() {
  const what = isBusy() ? "The work is stopped, and the recording" : "The recording with its words and results";
  if (!(await isSure(`${what} is removed from the server.`))) return;
  try {
    await ask(home, { method: "DELETE" });
    stop();
    window.location.assign("/");
  } catch (error) {
    tell(byId("problem"), /** @type {Error} */ (error).message);
  }
}

/** Hand the words to the browser as a text. */
function savePlain() {
  const text = [...byId("flow").querySelectorAll(".said")].map((line) => [...line.childNodes].slice(1).map((node) => node.textContent).join("")).join("\n\n");
  const link = /** @type {HTMLAnchorElement} */ (make("a"));
  link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
  link.download = `${told.name}.txt`;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

buildStages();
listenToFlow();
byId("open").href = `/jobs/${encodeURIComponent(told.id)}/page`;
byId("document").href = `${home}/document`;
byId("document").download = `${told.name.replace(/\.[^.]*$/, "")}.sentigram.json`;
byId("delete").addEventListener("click", remove);
byId("plain").addEventListener("click", savePlain);
listenToRestyle(told.id, told.fields, {
  results: (results) => showResults(results, told.kinds),
  queued: begin,
});
await refresh();
if (isBusy()) begin();
