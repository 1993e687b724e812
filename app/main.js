/** Wires the screens to the engine. */

import { EngineClient } from "./engine/client.js";
import { DATABASE as WEIGHTS } from "./engine/weights.js";
import { LabView } from "./lab/view.js";
import { deleteLists, listsSize } from "./mark/lists.js";
import { MarkView } from "./mark/view.js";
import { OverlayView } from "./overlay/view.js";
import { ReadView } from "./read/view.js";
import { DATABASE as REGISTER } from "./register/store.js";
import { RegisterView } from "./register/view.js";
import { DATABASE as SIGNING } from "./signing/store.js";
import { SettingsView } from "./settings/view.js";
import { EngineLine } from "./shell/engine-line.js";
import { missingFeature, Shell, showUnsupported } from "./shell/shell.js";
import { UpdateNotice } from "./shell/update-notice.js";
import { takeLaunches, takeShared } from "./site/incoming.js";
import { canKeepFiles, keepUsedFiles, missingFiles } from "./site/offline.js";
import { pageManifest } from "./site/pin.js";
import { Updates } from "./site/updates.js";
import { m } from "./ui/language.js";
import { chosenCompute } from "./ui/preferences.js";

document.getElementById("unsupported")?.remove();
const missing = missingFeature();
const style = document.querySelector("link[rel=stylesheet]");
if (missing) showUnsupported(() => m.unsupported(missing));
else if (style instanceof HTMLLinkElement && !style.sheet) showUnsupported(() => m.styleDamaged);
else start();

function start() {
  const engine = new EngineClient(pageManifest(), chosenCompute());
  const read = new ReadView(engine);
  const settings = new SettingsView(engine, {
    databases: [WEIGHTS, REGISTER, SIGNING],
    results: { size: listsSize, clear: deleteLists },
  });
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
 * Keeps what the engine's first start has loaded, so that later visits need no network.
 *
 * @param {EngineClient} engine
 */
async function keepRuntime(engine) {
  const info = await engine.ready.catch(() => null);
  if (!info || !engine.manifest || !(await canKeepFiles())) return;
  await keepUsedFiles(engine.manifest, await missingFiles(engine.manifest, info.build));
}
