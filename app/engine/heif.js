/**
 * HEIC by libheif, in WebAssembly: metadata and pixels of a file's primary picture, for Python (hosts/heif.py).
 *
 * Each file gets an instance of its own: so the memory of a large picture is freed, and a damaged file harms no other.
 */

import { siteFile } from "../site/manifest.js";
import { verifiedScript } from "./verified.js";

/**
 * @import { Manifest } from "../site/manifest.js"
 *
 * @typedef {(settings: { instantiateWasm: (imports: WebAssembly.Imports,
 *   use: (instance: WebAssembly.Instance) => void) => object }) => Libheif} CreateLibheif
 * @typedef {Record<string, (...values: number[]) => number> & { HEAPU8: Uint8Array, HEAPU32: Uint32Array }} Libheif
 *   libheif's C functions with an underscore, and its memory. Those that return a struct take its address first.
 *
 * @typedef {object} Block of metadata
 * @property {string} kind "Exif", "mime", and others
 * @property {string} type the MIME type of a block of the kind "mime"
 * @property {Uint8Array} data
 */

/** Values of libheif's enumerations. */
const OUT_OF_MEMORY = 6;
const LIMIT_EXCEEDED = 1000;
const MONOCHROME = 2;
const RGB = 1;
const INTERLEAVED_RGB = 10;
const INTERLEAVED_RGBA = 11;
const INTERLEAVED = 10;
/** Offsets in its structs. */
const TRANSFER = 8;
const PRIMARIES = 4;
const TO_8_BITS = 20;

/** Opens HEIC files. */
export class HeifDecoder {
  #create;
  #module;

  /**
   * @param {CreateLibheif} create
   * @param {WebAssembly.Module} module
   */
  constructor(create, module) {
    this.#create = create;
    this.#module = module;
  }

  /**
   * Loads libheif from the site.
   *
   * @param {Manifest} manifest
   */
  static async load(manifest) {
    const [{ default: create }, module] = await Promise.all([
      verifiedScript(siteFile(manifest, "codecs/heif.js")).then((url) => import(url)),
      WebAssembly.compileStreaming(fetch(siteFile(manifest, "codecs/heif.wasm").url)),
    ]);
    return new HeifDecoder(create, module);
  }

  /**
   * @param {Uint8Array} file
   * @param {number} maximumSide side of the largest square that is allowed
   * @returns {HeifPicture}
   * @throws {Error} a RangeError where there is not enough memory
   */
  open(file, maximumSide) {
    const instantiateWasm = (
      /** @type {WebAssembly.Imports} */ imports,
      /** @type {(instance: WebAssembly.Instance) => void} */ use,
    ) => {
      const instance = new WebAssembly.Instance(this.#module, imports);
      use(instance);
      return instance.exports;
    };
    return guarded(() => new HeifPicture(this.#create({ instantiateWasm }), file, maximumSide));
  }
}

/** The primary picture of a file, upright. */
class HeifPicture {
  #heif;
  #handle;
  /** Address of the pixels, once they are decoded. */
  #plane = 0;
  #stride = 0;

  /**
   * @param {Libheif} heif
   * @param {Uint8Array} file
   * @param {number} maximumSide
   */
  constructor(heif, file, maximumSide) {
    this.#heif = heif;
    const context = heif._heif_context_alloc();
    heif._heif_context_set_maximum_image_size_limit(context, maximumSide);
    // It must stay there: libheif reads the pixels from it later.
    const data = this.#allocate(file.length);
    heif.HEAPU8.set(file, data);
    this.#succeed(heif._heif_context_read_from_memory_without_copy, context, data, file.length, 0);
    this.#handle = this.#answer(heif._heif_context_get_primary_image_handle, context);
    this.width = heif._heif_image_handle_get_width(this.#handle);
    this.height = heif._heif_image_handle_get_height(this.#handle);
    this.hasAlpha = Boolean(heif._heif_image_handle_has_alpha_channel(this.#handle));
    this.isPremultiplied = Boolean(heif._heif_image_handle_is_premultiplied_alpha(this.#handle));
    const space = this.#allocate(8);
    this.#succeed(heif._heif_image_handle_get_preferred_decoding_colorspace, this.#handle, space, space + 4);
    this.isGrey = this.#number(space) === MONOCHROME;
    this.profile = this.#profile();
    const colours = this.profile ? 0 : this.#coded();
    /** By ITU-T H.273, 0 where the file does not say. */
    this.primaries = colours && this.#number(colours + PRIMARIES);
    this.transfer = colours && this.#number(colours + TRANSFER);
    this.blocks = this.#blocks();
  }

  /** Decodes the pixels. */
  decode() {
    const heif = this.#heif;
    guarded(() => {
      const options = heif._heif_decoding_options_alloc();
      heif.HEAPU8[options + TO_8_BITS] = 1;
      const chroma = this.hasAlpha ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
      const image = this.#allocate(4);
      this.#succeed(heif._heif_decode_image, this.#handle, image, RGB, chroma, options);
      const decoded = this.#number(image);
      if (
        heif._heif_image_get_width(decoded, INTERLEAVED) !== this.width ||
        heif._heif_image_get_height(decoded, INTERLEAVED) !== this.height
      ) {
        throw new Error("not of the size that it says");
      }
      const stride = this.#allocate(4);
      this.#plane = heif._heif_image_get_plane_readonly(decoded, INTERLEAVED, stride);
      this.#stride = this.#number(stride);
    });
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {Uint8Array} rows of decoded pixels, RGB or RGBA, without gaps; they change with the next call
   */
  rows(start, end) {
    const taken = this.width * (this.hasAlpha ? 4 : 3);
    const rows = new Uint8Array((end - start) * taken);
    for (let row = start; row < end; row++) {
      const from = this.#plane + row * this.#stride;
      rows.set(this.#heif.HEAPU8.subarray(from, from + taken), (row - start) * taken);
    }
    return rows;
  }

  /** @returns {Uint8Array | null} the ICC profile */
  #profile() {
    const size = this.#heif._heif_image_handle_get_raw_color_profile_size(this.#handle);
    if (!size) return null;
    const data = this.#allocate(size);
    this.#succeed(this.#heif._heif_image_handle_get_raw_color_profile, this.#handle, data);
    return this.#heif.HEAPU8.slice(data, data + size);
  }

  /** @returns {number} the address of the colours as numbers, 0 where there are none */
  #coded() {
    try {
      return this.#answer(this.#heif._heif_image_handle_get_nclx_color_profile, this.#handle);
    } catch {
      return 0;
    }
  }

  /** @returns {Block[]} */
  #blocks() {
    const heif = this.#heif;
    const count = heif._heif_image_handle_get_number_of_metadata_blocks(this.#handle, 0);
    const ids = this.#allocate(4 * count);
    heif._heif_image_handle_get_list_of_metadata_block_IDs(this.#handle, 0, ids, count);
    return Array.from({ length: count }, (_, index) => {
      const id = this.#number(ids + 4 * index);
      const size = heif._heif_image_handle_get_metadata_size(this.#handle, id);
      const data = this.#allocate(size);
      this.#succeed(heif._heif_image_handle_get_metadata, this.#handle, id, data);
      return {
        kind: this.#text(heif._heif_image_handle_get_metadata_type(this.#handle, id)),
        type: this.#text(heif._heif_image_handle_get_metadata_content_type(this.#handle, id)),
        data: heif.HEAPU8.slice(data, data + size),
      };
    });
  }

  /**
   * Calls a function that writes its result to the address in its last argument.
   *
   * @param {(...values: number[]) => number} call
   * @param {...number} values
   */
  #answer(call, ...values) {
    const answer = this.#allocate(4);
    this.#succeed(call, ...values, answer);
    return this.#number(answer);
  }

  /**
   * Calls a function that may fail.
   *
   * @param {(...values: number[]) => number} call
   * @param {...number} values
   * @throws {Error} with libheif's message; a RangeError where there is not enough memory
   */
  #succeed(call, ...values) {
    const error = this.#allocate(12);
    call(error, ...values);
    const [code, detail, words] = [0, 4, 8].map((place) => this.#number(error + place));
    if (code === OUT_OF_MEMORY && detail !== LIMIT_EXCEEDED) throw new RangeError("not enough memory");
    if (code) throw new Error(this.#text(words));
  }

  /** @param {number} size bytes, zeroed; freed with the instance */
  #allocate(size) {
    const address = this.#heif._malloc(Math.max(size, 1));
    if (!address) throw new RangeError("not enough memory");
    this.#heif.HEAPU8.fill(0, address, address + size);
    return address;
  }

  /** @param {number} address */
  #number(address) {
    return this.#heif.HEAPU32[address >>> 2];
  }

  /** @param {number} address of a string, or 0 */
  #text(address) {
    const memory = this.#heif.HEAPU8;
    return address ? new TextDecoder().decode(memory.slice(address, memory.indexOf(0, address))) : "";
  }
}

/**
 * Turns all that goes wrong in an instance, such as a trap, into an error of the file.
 *
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function guarded(work) {
  try {
    return work();
  } catch (error) {
    const isMemory = error instanceof RangeError && !/call stack/i.test(error.message);
    throw isMemory ? error : new Error(error instanceof Error ? error.message : String(error));
  }
}
