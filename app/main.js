/** Wires the screens to the engine. */

import { EngineClient } from "./engine/client.js";
import { EngineError } from "./engine/errors.js";
import { loadManifest } from "./engine/manifest.js";
import { loadedBytes } from "./engine/transfers.js";
import { EmbedView } from "./views/embed.js";
import { EngineLine } from "./views/engine.js";
import { ReadView } from "./views/read.js";
import { Tabs } from "./views/tabs.js";

/** @import { EngineState } from "./engine/client.js" */

let workerBytes = 0;
const line = new EngineLine(byId("engine"), async () => {
  // A manifest that did not come is asked for again, a worker that did not start is replaced.
  const client = await engine.catch(() => null);
  if (client) client.start();
  else engine = connect();
});
let engine = connect();

/** @type {Record<string, EmbedView | ReadView>} the screens by the ids of their panels */
const views = {
  embed: new EmbedView(byId("embed"), async (request, options) => (await engine).embed(request, options)),
  read: new ReadView(byId("read"), async (request, options) => (await engine).read(request, options)),
};
const tabs = new Tabs(document);

// Wherever on the page a picture is dropped or pasted, the screen that shows takes it.
document.addEventListener("paste", (event) => take(event.clipboardData));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  take(event.dataTransfer);
});

/** @param {DataTransfer | null} transfer */
function take(transfer) {
  const file = transfer?.files.item(0);
  if (file) views[tabs.selected].take(file);
}

function connect() {
  const connected = loadManifest(new URL("manifest.json", document.baseURI).href).then(
    (manifest) => new EngineClient(manifest, showState),
  );
  connected.catch((error) => {
    if (error instanceof EngineError) showState({ name: "failed", error });
    else throw error;
  });
  return connected;
}

/** @param {EngineState} state */
function showState(state) {
  if (state.name === "ready") workerBytes += state.info.loadedBytes;
  line.show(state, loadedBytes() + workerBytes);
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new TypeError(`The page has no element #${id}.`);
  return element;
}
