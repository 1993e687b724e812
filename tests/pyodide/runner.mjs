/// <reference types="node" />
/**
 * Boots Pyodide in Node with the page's wheels, and runs the job of the first argument:
 *
 *   units REPO SITE_PACKAGES STDLIB WHEEL...   runs the unit tests that need no native code, with CPython's pytest
 *   engine REPO CASES STDLIB WHEEL...          runs `hushmark.hosts.browser.Engine` as the worker does, on recorded residuals
 *
 * CASES is a folder that tests/pyodide/test_pyodide_engine.py fills; the engine's answers are written into it.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";

import createLibheif from "libheif-js/libheif-wasm/libheif.js";
import { loadPyodide } from "pyodide";

import { HeifDecoder } from "../../app/engine/heif.js";

const [job, repo, folder, stdlib, ...wheels] = process.argv.slice(2);

const reader = { key: null, known: "pipe, the page\nid:0000000000000001" };
const card = "/repo/weights/decoder.safetensors";

const env = { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" };
const pyodide = await loadPyodide({ env, stdLibURL: stdlib });
for (const wheel of wheels) {
  pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
}
pyodide.mountNodeFS("/repo", repo);

if (job === "units") {
  process.exitCode = runUnits();
} else if (job === "engine") {
  await runEngine();
} else {
  throw new Error(`No such job: ${job}`);
}

/** @returns {number} pytest's exit code */
function runUnits() {
  pyodide.mountNodeFS("/dev-packages", folder);
  const whole = join(repo, "node_modules", "pyodide", "python_stdlib.zip");
  pyodide.FS.writeFile("/whole_stdlib.zip", readFileSync(whole));
  // Behind Pyodide's own packages, so that numpy and Pillow are the page's. pytest needs the whole standard library.
  pyodide.runPython("import sys; sys.path += ['/whole_stdlib.zip', '/dev-packages']");
  const unit = "/repo/tests/unit/py";
  const files = pyodide.FS.readdir(unit)
    .filter((/** @type {string} */ name) => /^test_.*\.py$/.test(name))
    .map((/** @type {string} */ name) => `${unit}/${name}`);
  return pyodide.runPython(
    `
import os, pytest
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
pytest.main(["-q", "-p", "no:cacheprovider", "-c", "/repo/pyproject.toml", *${JSON.stringify(files)}]).value`,
  );
}

async function runEngine() {
  const { Engine } = pyodide.pyimport("hushmark.hosts.browser");
  /** @type {{name: string, strength: number, key: string | null}[]} */
  const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));
  for (const { name, strength, key } of cases) {
    const at = (/** @type {string} */ suffix) => join(folder, `${basename(name)}.${suffix}`);
    /** @type {Float32Array[]} */
    const images = [];
    /** @type {Float32Array[]} */
    const patterns = [];
    let decoded = 0;
    const forward = {
      encode: async (/** @type {Float32Array} */ bits, /** @type {Float32Array} */ image) => {
        images.push(image);
        writeFileSync(at("bits"), bits);
        return [floats(at("residual"))];
      },
      refine: async (
        /** @type {Float32Array} */ _bits,
        /** @type {Float32Array} */ _image,
        /** @type {Float32Array} */ residual,
      ) => {
        const step = patterns.push(residual) - 1;
        return [floats(at(`gradient${step}`)), floats(at(`margins${step}`))];
      },
      decode: async (/** @type {Float32Array} */ image) => {
        images.push(image);
        return [floats(at(decoded++ ? "after" : "before"))];
      },
    };
    const { ask, destroy } = engineOn(Engine, forward);
    const cover = new Uint8Array(readFileSync(join(folder, name)));
    /** @type {string[]} */
    const phases = [];
    const note = (/** @type {string} */ phase) => void phases.push(phase);
    const options = { kind: "text", value: "pipe", key, strength };
    const marked = await ask("embed", cover, name, options, note);
    const read = await ask("read", marked.data, marked.name, { ...reader, key }, note);
    writeFileSync(at("marked"), marked.data);
    writeFileSync(at("difference"), marked.difference);
    images.forEach((image, index) => writeFileSync(at(`image${index}`), image));
    patterns.forEach((pattern, index) => writeFileSync(at(`pattern${index}`), pattern));
    const { data, difference, ...facts } = marked;
    const kinds = [data, difference, read.reading.confidences].map((array) => array.constructor.name);
    writeFileSync(at("json"), JSON.stringify({ marked: facts, read, phases, kinds }));
    destroy();
  }
  await runOverlay(Engine);
  await runManifests(Engine);
  await runLab(Engine);
  await runByBrowser(Engine);
  await runHeif();
  await runRefusals(Engine);
}

/** Pictures that the browser opens in place of Python. */
async function runByBrowser(/** @type {import("pyodide/ffi").PyCallable} */ Engine) {
  const pattern = floats(join(folder, "rocket.jpg.residual"));
  const gradient = floats(join(folder, "rocket.jpg.gradient0"));
  const forward = {
    encode: async () => [pattern],
    refine: async () => [gradient, new Float32Array(256).fill(100)],
    decode: async () => [floats(join(folder, "rocket.jpg.after"))],
  };
  /** @type {string[]} */
  const asked = [];
  const data = new Uint8Array(64 * 48 * 4).map((_, index) => (index % 4 === 3 ? 255 : (index * 7) % 200));
  const codecs = {
    load: async (/** @type {string} */ name) => (asked.push(name), false),
    heif: async () => (asked.push("heif"), null),
    decode: async (/** @type {Uint8Array} */ file, /** @type {string} */ type) => {
      asked.push(`${type} ${file.length}`);
      return type === "image/heic" ? { width: 64, height: 48, data } : null;
    },
  };
  const { ask, destroy } = engineOn(Engine, forward, codecs);
  const file = (/** @type {string} */ brand) =>
    new TextEncoder().encode(`\0\0\0\x18ftyp${brand}${"\0".repeat(40)}`);
  const options = { kind: "text", value: "pipe", again: true };
  const {
    data: _data,
    difference: _difference,
    ...heic
  } = await ask("embed", file("heic"), "a.heic", options);
  const avif = await ask("embed", file("avif"), "a.avif", options);
  writeFileSync(join(folder, "by-browser.json"), JSON.stringify({ heic, avif, asked }));
  destroy();
}

/** HEIC files that libheif decodes for Python. */
async function runHeif() {
  const wasm = readFileSync(join(repo, "node_modules/libheif-js/libheif-wasm/libheif.wasm"));
  const decoder = new HeifDecoder(/** @type {any} */ (createLibheif), await WebAssembly.compile(wasm));
  pyodide.pyimport("hushmark.hosts.heif").register(decoder);
  const names = readdirSync(folder).filter((name) => name.endsWith(".heic"));
  for (const name of names) pyodide.FS.writeFile(`/${name}`, readFileSync(join(folder, name)));
  pyodide.globals.set("names", pyodide.toPy(names));
  const told = pyodide.runPython(`
import json
from pathlib import Path
from hushmark.errors import PictureError
from hushmark.picture.picture import open_picture
told = {}
for name in names:
    try:
        picture = open_picture(Path("/", name).read_bytes(), name)
    except PictureError as error:
        told[name] = {"error": error.code}
    else:
        Path("/", name).write_bytes(picture.image.tobytes())
        about = picture.metadata
        told[name] = {"format": picture.file_format, "mode": picture.image.mode, "size": picture.image.size}
        told[name] |= {"exif": about.exif.hex(), "icc": about.icc.hex(), "xmp": about.xmp.hex()}
        told[name] |= {"orientation": picture.orientation}
json.dumps(told)`);
  writeFileSync(join(folder, "heif.json"), told);
  for (const name of names) writeFileSync(join(folder, `${name}.pixels`), pyodide.FS.readFile(`/${name}`));
}

async function runOverlay(/** @type {import("pyodide/ffi").PyCallable} */ Engine) {
  const pattern = floats(join(folder, "rocket.jpg.residual"));
  const gradient = floats(join(folder, "rocket.jpg.gradient0"));
  const forward = { encode: async () => [pattern], refine: async () => [gradient, new Float32Array(256)] };
  const { ask, destroy } = engineOn(Engine, forward);
  const options = { kind: "text", value: "pipe", strength: 1 };
  const { data, ...facts } = await ask("overlay", null, "", options);
  writeFileSync(join(folder, "overlay.png"), data);
  writeFileSync(join(folder, "overlay.json"), JSON.stringify(facts));
  destroy();
}

async function runManifests(/** @type {import("pyodide/ffi").PyCallable} */ Engine) {
  const forward = { decode: async () => [floats(join(folder, "rocket.jpg.after"))] };
  const { ask, destroy } = engineOn(Engine, forward);
  /** @type {Record<string, unknown>} */
  const answers = {};
  for (const name of ["signed.jpg", "altered.jpg", "rocket.jpg"]) {
    const { manifest } = await ask("read", new Uint8Array(readFileSync(join(folder, name))), name, {});
    answers[name] = manifest;
  }
  writeFileSync(join(folder, "manifests.json"), JSON.stringify(answers));
  destroy();
}

async function runLab(/** @type {import("pyodide/ffi").PyCallable} */ Engine) {
  const forward = { decode: async () => [floats(join(folder, "rocket.jpg.after"))] };
  const { ask, destroy } = engineOn(Engine, forward);
  const kinds = await ask("lab_kinds", null, "", {});
  const picture = new Uint8Array(readFileSync(join(folder, "rocket.jpg")));
  const options = { steps: [{ kind: "resize", amount: 0.5 }], key: null };
  const { preview, reading } = await ask("lab", picture, "rocket.jpg", options);
  writeFileSync(join(folder, "lab.jpg"), preview);
  writeFileSync(join(folder, "lab.json"), JSON.stringify({ kinds, reading }));
  destroy();
}

/** Errors as JavaScript gets them. */
async function runRefusals(/** @type {import("pyodide/ffi").PyCallable} */ Engine) {
  const picture = new Uint8Array(readFileSync(join(folder, "rocket.jpg")));
  const lost = () => Promise.reject(new Error("device lost"));
  const broken = { encode: lost, refine: lost, decode: lost };
  const { ask, destroy } = engineOn(Engine, broken);
  const embed = (/** @type {Uint8Array} */ data, /** @type {string} */ kind, /** @type {string} */ value) =>
    ask("embed", data, "photo.jpg", { kind, value, again: true });
  const marked = engineOn(Engine, { decode: async () => [floats(join(folder, "rocket.jpg.after"))] });
  const far = engineOn(Engine, {
    decode: async () => [floats(join(folder, "rocket.jpg.before"))],
    locate: () =>
      Promise.reject(Object.assign(new Error(), { code: "load-failed", detail: "locator.safetensors" })),
  });
  const text = new TextEncoder().encode("just text");
  const answers = {
    truncated: await embed(picture.slice(0, 5000), "text", "pipe"),
    text: await embed(text, "text", "pipe"),
    empty: await embed(picture, "text", ""),
    long: await embed(picture, "text", "nine bytes"),
    id: await embed(picture, "id", "12"),
    again: await marked.ask("embed", picture, "photo.jpg", { kind: "text", value: "pipe" }),
    read: await ask("read", text, "note.png", reader),
    forward: await embed(picture, "random", "").catch((/** @type {Error} */ error) => ({
      thrown: error.message.includes("device lost"),
    })),
    locator: await far.ask("read", picture, "photo.jpg", { glance: true }),
    ...(await runDefects(marked, picture)),
  };
  writeFileSync(join(folder, "refusals.json"), JSON.stringify(answers));
  destroy();
}

/**
 * An engine that gets one job at a time, as from the worker.
 *
 * @param {import("pyodide/ffi").PyCallable} Engine
 * @param {object} forward
 * @param {object | null} [codecs]
 */
function engineOn(Engine, forward, codecs = null) {
  let asked = 0;
  let told = (/** @type {any} */ _message) => {};
  const engine = Engine(
    forward,
    card,
    (/** @type {any} */ message, /** @type {ArrayBuffer[]} */ transfer) => {
      // What reaches the page is cloned by postMessage; a Python proxy left inside would throw here.
      told(structuredClone(message, { transfer }));
    },
    codecs,
  );
  /**
   * @param {string} task
   * @param {Uint8Array | null} data
   * @param {string} name
   * @param {object} options
   * @param {(phase: string) => void} [onPhase]
   * @returns {Promise<any>} the result, or the error as it crosses; rejects where the worker would be stopped
   */
  const ask = (task, data, name, options, onPhase) =>
    new Promise((resolve, reject) => {
      asked += 1;
      told = (message) => {
        if (message.type === "progress") onPhase?.(message.progress.phase);
        else if (message.type === "result") resolve(message.result);
        else if (message.type === "error") resolve({ error: message.error });
        else if (message.type === "stopped") reject(new Error(message.error.detail));
      };
      engine.perform(asked, JSON.stringify({ task, name, options, in_background: false }), data);
    });
  return { ask, destroy: () => engine.destroy() };
}

/** Exceptions of Python between opening and saving. Changes the package permanently. */
async function runDefects(
  /** @type {ReturnType<typeof engineOn>} */ { ask },
  /** @type {Uint8Array} */ picture,
) {
  const tasks = { embed: { kind: "text", value: "pipe", again: true }, read: reader, lab: { steps: [] } };
  /** @type {Record<string, unknown>} */
  const answers = {};
  for (const error of ["MemoryError", "SystemError", "AttributeError", "struct.error"]) {
    pyodide.runPython(`
import struct
import hushmark.picture.view
def fail(*_, **__):
    raise ${error}("what happened")
hushmark.picture.view.prepare = fail`);
    for (const [task, options] of Object.entries(tasks)) {
      answers[`${error}, ${task}`] = await ask(task, picture, "photo.jpg", options);
    }
  }
  return answers;
}

/** @param {string} path */
function floats(path) {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}
