/**
 * What can go wrong around a job or while the engine starts: "cancelled", "site-changed", "site-incomplete",
 * "load-failed", "load-damaged", "file-unreadable", "engine-start", "engine-stopped". Errors about a picture or a
 * message come from Python with their own codes. The page puts a code into words (app/messages/).
 */

/** @import { ErrorFacts, Facts } from "./protocol.js" */

/** An error of the engine. Its message is for programs; that of an error from Python is an English sentence. */
export class EngineError extends Error {
  /**
   * @param {string} code
   * @param {string} [detail] what it is about: a URL, a file's name, another error's text
   */
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "EngineError";
    this.code = code;
    this.detail = detail;
    /** Of errors from Python. @type {Facts | undefined} */
    this.facts = undefined;
  }

  /** @param {ErrorFacts} error as the worker sent it */
  static from({ code, message, detail, facts }) {
    const error = new EngineError(code, detail);
    if (message !== undefined) error.message = message;
    error.facts = facts;
    return error;
  }
}

/**
 * An error as a worker sends it.
 *
 * @param {unknown} error
 * @param {"engine-start" | "engine-stopped"} code of errors that have none
 * @returns {ErrorFacts}
 */
export function factsOf(error, code) {
  return error instanceof EngineError
    ? { code: error.code, detail: error.detail }
    : { code, detail: lastLine(error) };
}

/**
 * The last line of an error's text: of a Python traceback, the line that names the exception.
 *
 * @param {unknown} error
 */
export function lastLine(error) {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.trim().split("\n").at(-1) ?? "";
}
