// node check.mjs PYODIDE_DIR WHEEL...: do these wheels load in Pyodide, and do they work?
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { offeredNames } from "./names.mjs";

const [pyodide, ...wheels] = process.argv.slice(2).map((path) => resolve(path));
const linkers = ["memory", "__indirect_function_table", "__stack_pointer", "__memory_base", "__table_base"];

// Emscripten fails for missing imports only at the first call, so all are checked here.
function missingImports(wheel, offered) {
  const folder = mkdtempSync(join(tmpdir(), "wheel-"));
  try {
    execFileSync("python3", ["-m", "zipfile", "-e", wheel, folder]);
    const modules = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".so"));
    return modules.flatMap((name) => {
      const module = new WebAssembly.Module(readFileSync(join(folder, name)));
      const own = WebAssembly.Module.exports(module).map((entry) => entry.name);
      const known = new Set([...linkers, ...own]);
      return WebAssembly.Module.imports(module)
        .filter((entry) => !known.has(entry.name) && !offered.has(entry.name))
        .map((entry) => `${basename(wheel)}: ${name} wants ${entry.name}`);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const checks = {
  numpy: `
import io
import numpy as np
rng = np.random.default_rng(0)
a = rng.standard_normal((64, 64))
u, s, v = np.linalg.svd(a)
assert np.allclose(u * s @ v, a)
assert np.allclose(np.fft.ifft(np.fft.fft(a)).real, a)
f = rng.standard_normal(1000).astype("f4")
assert np.allclose(f.astype("f2").astype("f4"), f, rtol=1e-3, atol=1e-3)
assert (np.diff(f[np.argsort(f)]) >= 0).all()
file = io.BytesIO()
np.save(file, a)
file.seek(0)
assert (np.load(file) == a).all()
`,
  pillow: `
import io
from PIL import Image, ImageCms, features
assert all(map(features.check, ("jpg", "zlib", "webp", "littlecms2", "libtiff")))
ramp = Image.linear_gradient("L").resize((640, 480))
picture = Image.merge("RGB", (ramp, ramp.rotate(180), Image.radial_gradient("L").resize((640, 480))))
def again(format, **options):
    file = io.BytesIO()
    picture.save(file, format, **options)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB"), file.getvalue()
assert again("PNG")[0].tobytes() == picture.tobytes()
for packing in ("tiff_lzw", "tiff_adobe_deflate"):
    assert again("TIFF", compression=packing)[0].tobytes() == picture.tobytes()
assert again("WEBP", lossless=True, exact=True)[0].tobytes() == picture.tobytes()
for format in ("JPEG", "WEBP"):
    error = max(abs(a - b) for a, b in zip(again(format, quality=95)[0].tobytes(), picture.tobytes()))
    assert error < 40, (format, error)
try:
    Image.open(io.BytesIO(again("JPEG")[1][:2000])).load()
    raise AssertionError("a truncated JPEG was read")
except OSError:
    pass  # libjpeg's errors come back by longjmp
lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
assert ImageCms.applyTransform(picture, lab).mode == "LAB"
`,
  pillow_avif: `
import importlib
import io
from PIL import AvifImagePlugin, Image, features
importlib.reload(AvifImagePlugin)  # where it was imported before its module was there
assert features.check("avif")
ramp = Image.linear_gradient("L").resize((320, 240))
picture = Image.merge("RGB", (ramp, ramp.rotate(180), Image.radial_gradient("L").resize((320, 240))))
file = io.BytesIO()
picture.save(file, "AVIF", quality=90)
again = Image.open(io.BytesIO(file.getvalue()))
error = max(abs(a - b) for a, b in zip(again.convert("RGB").tobytes(), picture.tobytes()))
assert error < 40, error
`,
  safetensors: `
import importlib.util
import json
from safetensors import SafetensorError, deserialize
header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
data = len(header).to_bytes(8, "little") + header + bytes(range(8))
[(name, tensor)] = deserialize(data)
assert name == "w" and tensor["shape"] == [2] and bytes(tensor["data"]) == bytes(range(8))
try:
    deserialize(data[:20])
    raise AssertionError("a truncated file was read")
except SafetensorError:
    pass
if importlib.util.find_spec("numpy"):
    import numpy as np
    from safetensors.numpy import load, save
    a = np.arange(6, dtype="f2").reshape(2, 3)
    assert (load(save({"a": a}))["a"] == a).all()
`,
  cbor2: 'import cbor2\nassert cbor2.loads(cbor2.dumps({"a": [1, b"b"]})) == {"a": [1, b"b"]}',
  micropip: "import micropip\nassert micropip.list()",
};

async function check() {
  const offered = offeredNames(pyodide);
  const missing = wheels.flatMap((wheel) => missingImports(wheel, offered));
  if (missing.length) throw new Error(missing.join("\n"));
  const { loadPyodide } = await import(pathToFileURL(join(pyodide, "pyodide.mjs")).href);
  const py = await loadPyodide({ indexURL: pyodide + "/" });
  const silent = { checkIntegrity: false, messageCallback() {} };
  for (const wheel of wheels) await py.loadPackage(wheel, silent);
  for (const wheel of wheels) {
    py.runPython(checks[basename(wheel).split("-")[0]]);
    console.log(`${basename(wheel)}: loads and works`);
  }
}

try {
  await check();
} catch (error) {
  console.error(error.message); // without the stack, which quotes the whole of pyodide.asm.mjs
  process.exit(1);
}
