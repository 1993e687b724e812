import { m } from "../language.js";
import { h } from "./dom.js";
import { screenHead } from "./shell.js";

export class SettingsView {
  element = h(
    "section",
    {},
    screenHead("settings", () => m.settingsLead),
  );
}
