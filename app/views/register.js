import { m } from "../language.js";
import { h } from "./dom.js";
import { screenHead } from "./shell.js";

export class RegisterView {
  element = h(
    "section",
    {},
    screenHead("register", () => m.registerLead),
  );
}
