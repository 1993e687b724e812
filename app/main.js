/** Wires the screens to the engine. */

import { EngineClient } from "./engine/client.js";
import { pageManifest } from "./engine/pin.js";
import { takeLaunches, takeShared } from "./incoming.js";
import { m } from "./language.js";
import { keepUsedFiles, missingFiles } from "./offline.js";
import { chosenCompute } from "./preferences.js";
import { Updates } from "./updates.js";
import { EngineLine } from "./views/engine-line.js";
import { LabView } from "./views/lab.js";
import { MarkView } from "./views/mark.js";
import { OverlayView } from "./views/overlay.js";
import { ReadView } from "./views/read.js";
import { RegisterView } from "./views/register.js";
import { SettingsView } from "./views/settings.js";
import { missingFeature, Shell, showUnsupported } from "./views/shell.js";
import { UpdateNotice } from "./views/update-notice.js";

document.getElementById("unsupported")?.remove();
const missing = missingFeature();
const style = document.querySelector("link[rel=stylesheet]");
if (missing) showUnsupported(() => m.unsupported(missing));
else if (style instanceof HTMLLinkElement && !style.sheet) showUnsupported(() => m.styleDamaged);
else start();

function start() {
  const engine = new EngineClient(pageManifest(), chosenCompute());
  const read = new ReadView(engine);
  const settings = new SettingsView(engine);
  const updates = new Updates();
  const shell = new Shell(
    [
      { name: "mark", view: new MarkView(engine, (file) => shell.open("lab", [file])) },
      { name: "read", view: read },
      { name: "lab", view: new LabView(engine) },
      { name: "overlay", view: new OverlayView(engine) },
      { name: "register", view: new RegisterView() },
      { name: "settings", view: settings },
    ],
    new EngineLine(engine).element,
  );
  document.querySelector("main")?.before(new UpdateNotice(updates).element);
  updates.start();
  keepRuntime(engine).then(() => settings.refresh());
  takeShared().then(({ pictures, refused }) => {
    if (pictures.length) shell.open("read", pictures);
    else if (refused.length) read.refuse(refused);
  });
  takeLaunches((files) => shell.open("read", files));
}

/**
 * What the engine's first start has loaded is there for a visit without a network, too.
 *
 * @param {EngineClient} engine
 */
async function keepRuntime(engine) {
  const info = await engine.ready.catch(() => null);
  if (!info || !engine.manifest || !(await navigator.serviceWorker?.getRegistration())) return;
  await keepUsedFiles(engine.manifest, await missingFiles(engine.manifest, info.build));
}
