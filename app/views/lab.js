import { m } from "../language.js";
import { h } from "./dom.js";
import { screenHead } from "./shell.js";

export class LabView {
  element = h(
    "section",
    {},
    screenHead("lab", () => m.labLead),
  );
}
