// Names and times as people write them.

/** Each different value once. */
function distinct(/** @type {string[]} */ names) {
  return [...new Set(names)];
}

/** A name as people write it: `mixed_up` becomes `mixed up`. */
function spoken(/** @type {string} */ name) {
  return name.replaceAll("_", " ").replaceAll("-", " ");
}

/** `1:02` or `1:01:02`. */
function clock(/** @type {number} */ ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `1:02.3`: exact enough to tell words apart. */
function fineClock(/** @type {number} */ ms) {
  return `${clock(ms)}.${Math.floor((ms % 1000) / 100)}`;
}
