/** The extension's page: reads the picture that the context menu was opened on, or one that is chosen. */

import { EngineError, open } from "hushmark";
import { placeFigure } from "../read/place.js";
import { Answer, answerOf } from "../ui/answer.js";
import { h, ObjectUrls, setText } from "../ui/dom.js";
import { KeyField } from "../ui/key-field.js";
import { language, LANGUAGES, m } from "../ui/language.js";
import { Picker } from "../ui/picker.js";
import { ReadingDetails } from "../ui/reading-details.js";
import { errorInWords } from "../ui/words.js";
import { nameOf, pictureOf } from "./address.js";

const engine = open({ base: chrome.runtime.getURL("engine/") });
/** @type {File | null} */
let file = null;
let readings = 0;

const urls = new ObjectUrls();
const status = h("p", { role: "status", class: "hint" });
const error = h("p", { class: "error", role: "alert" });
const ask = h("div", { class: "buttons", hidden: true });
const answer = new Answer();
const place = h("div");
const details = new ReadingDetails();
const result = h("div", { class: "result", hidden: true }, answer.element, place, details.element);
const picker = new Picker(([picked]) => void read(picked));
const key = new KeyField("extension-key", () => m.readKeyHint);
const again = h("button", { type: "submit" }, () => m.readAgain);
const form = h("form", { class: "options", novalidate: true }, key.element, again);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (file) read(file);
});

document.documentElement.lang = LANGUAGES[language].tag;
document.title = m.title(m.screenNames.read);
document.body.append(
  h(
    "main",
    {},
    h(
      "div",
      { class: "head" },
      h("h1", {}, () => m.screenNames.read),
      h("p", {}, () => m.extensionLead),
    ),
    status,
    error,
    ask,
    result,
    h("div", { class: "from" }, picker.element, form),
  ),
);

// The picture's address must not stay in the browser's history.
const address = pictureOf(location.hash);
history.replaceState(null, "", "read.html");
if (address) fetchAndRead(address, false);

/**
 * @param {string} picture its address
 * @param {boolean} isAllowed whether people have allowed its host
 */
async function fetchAndRead(picture, isAllowed) {
  const { host, origin } = new URL(picture);
  setText(status, () => m.extensionFetching);
  let blob;
  try {
    const response = await fetch(picture, { credentials: isAllowed ? "include" : "omit" });
    if (!response.ok) throw new TypeError(response.statusText);
    blob = await response.blob();
  } catch {
    setText(status, "");
    if (isAllowed || !host) {
      setText(error, () => m.extensionLost);
    } else {
      setText(error, () => m.extensionAsk(host));
      askFor(picture, host, `${origin}/*`);
    }
    return;
  }
  picker.take([new File([blob], nameOf(picture), { type: blob.type })]);
}

/**
 * @param {string} picture
 * @param {string} host
 * @param {string} pattern of its addresses
 */
function askFor(picture, host, pattern) {
  const allow = h("button", { type: "button", class: "primary" }, () => m.extensionAllow(host));
  allow.addEventListener("click", async () => {
    if (!(await chrome.permissions.request({ origins: [pattern] }))) return;
    ask.hidden = true;
    setText(error, "");
    // Permission is for this picture only.
    await fetchAndRead(picture, true).finally(() => chrome.permissions.remove({ origins: [pattern] }));
  });
  ask.replaceChildren(allow);
  ask.hidden = false;
}

/** @param {File} picture */
async function read(picture) {
  file = picture;
  readings += 1;
  const reading = readings;
  const passphrase = key.value;
  ask.hidden = true;
  result.hidden = true;
  setText(error, "");
  setText(status, () => m.phases.search);
  try {
    const found = await (await engine).read(picture, { key: passphrase });
    if (reading !== readings) return;
    answer.show(found, { hasKey: passphrase !== null });
    details.show(found);
    const image = h("img", { alt: () => m.pictureRead });
    urls.clear();
    urls.show(image, picture);
    place.replaceChildren();
    image.decode().then(
      () => place.replaceChildren(placeFigure(image, found)),
      () => undefined, // Python opens some files that the browser cannot show.
    );
    result.hidden = false;
    setText(status, () => `${picture.name}: ${answerOf(found)}`);
  } catch (failure) {
    if (!(failure instanceof EngineError)) throw failure;
    setText(status, "");
    setText(error, () => errorInWords(failure));
  }
}
