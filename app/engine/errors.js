/**
 * What can go wrong around a job or while the engine starts, and the one place that puts it into words.
 * Sentences about a picture or a payload come from Python with their own codes and pass through unchanged.
 */

/** @type {Record<string, (detail: string) => string>} */
const SENTENCES = {
  cancelled: () => "Cancelled.",
  "site-incomplete": (key) => `This copy of Hushmark is incomplete: ${key} is missing. Reload the page.`,
  "download-failed": (url) =>
    `${url.slice(url.lastIndexOf("/") + 1)} could not be loaded. Check the connection and try again.`,
  "download-damaged": (url) =>
    `${url.slice(url.lastIndexOf("/") + 1)} arrived damaged, twice. Reload the page, or try again later.`,
  "file-unreadable": (name) => `${name} could not be read. If it was moved or changed, choose it again.`,
  "engine-start": (detail) => `The engine could not start (${detail}). Try again, or reload the page.`,
  "engine-stopped": (detail) =>
    `The engine stopped in the middle of this picture (${detail}) and was started again. ` +
    "If it happens again, try a smaller picture.",
};

/** An error of the engine: `code` for programs, `message` for people. */
export class EngineError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "EngineError";
    this.code = code;
  }

  /**
   * @param {keyof typeof SENTENCES} code
   * @param {string} [detail] what it is about: a URL, a file's name, another error's text
   */
  static of(code, detail = "") {
    return new EngineError(code, SENTENCES[code](detail));
  }
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
