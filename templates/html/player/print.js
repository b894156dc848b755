// On paper: a head that says what this is, and all words at once.

/** The date of today, in the reader's own way of writing it. */
function today() {
  return new Date().toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" });
}

/** Who speaks, in the order of their first lines, each with how long. */
function speakersInWords() {
  /** @type {Map<string, number>} */
  const lengths = new Map();
  for (const { speaker, words: line } of utterances) {
    const said = line.filter((word) => !isGone(word)).reduce((sum, word) => sum + words.end[word] - words.start[word], 0);
    if (speaker && said) lengths.set(speaker, (lengths.get(speaker) ?? 0) + said);
  }
  return [...lengths].map(([speaker, length]) => `${speaker} (${clock(length)})`).join(", ");
}

/** Fill the head. */
function drawPrintHead() {
  const speakers = speakersInWords();
  const lines = [
    ["Printed", today()],
    ["Recording", `${talk.media.name}, ${clock(talk.end_ms - talk.start_ms)}`],
    ...(speakers ? [["Speakers", speakers]] : []),
  ];
  byId("print-head").replaceChildren(
    ...lines.map(([name, value]) => make("div", "", make("dt", "", name), Object.assign(make("dd", "", value), { dir: "auto" }))),
  );
}

/** Wire printing: what is far away is plain text on the screen, and must be words on paper. */
function listenToPrinting() {
  const about = /** @type {HTMLDetailsElement} */ (byId("about"));
  let wasOpen = false;
  window.addEventListener("beforeprint", () => {
    printing = true;
    rows.forEach((_, number) => buildWords(number));
    drawPrintHead();
    wasOpen = about.open;
    about.open = true;
  });
  window.addEventListener("afterprint", () => {
    printing = false;
    about.open = wasOpen;
  });
}
