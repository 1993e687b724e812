/** Wires the screens to the engine. */

import { EngineClient } from "./engine/client.js";
import { EngineLine } from "./views/engine-line.js";
import { LabView } from "./views/lab.js";
import { MarkView } from "./views/mark.js";
import { OverlayView } from "./views/overlay.js";
import { ReadView } from "./views/read.js";
import { RegisterView } from "./views/register.js";
import { SettingsView } from "./views/settings.js";
import { missingFeature, Shell, showUnsupported } from "./views/shell.js";

document.getElementById("unsupported")?.remove();
const missing = missingFeature();
if (missing) showUnsupported(missing);
else start();

function start() {
  const engine = new EngineClient(new URL("manifest.json", document.baseURI).href);
  new Shell(
    [
      { name: "mark", view: new MarkView(engine) },
      { name: "read", view: new ReadView(engine) },
      { name: "lab", view: new LabView(), isUnlisted: true },
      { name: "overlay", view: new OverlayView(), isUnlisted: true },
      { name: "register", view: new RegisterView(), isUnlisted: true },
      { name: "settings", view: new SettingsView(), isUnlisted: true },
    ],
    new EngineLine(engine).element,
  );
}
