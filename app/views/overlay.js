import { m } from "../language.js";
import { h } from "./dom.js";
import { screenHead } from "./shell.js";

export class OverlayView {
  element = h(
    "section",
    {},
    screenHead("overlay", () => m.overlayLead),
  );
}
