/**
 * Decodes pictures that the browser can open and Python cannot. Their metadata is lost, and the colour profile with it,
 * so the colours are converted to sRGB.
 */

/**
 * @typedef {object} Pixels
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} data RGBA, not multiplied by alpha
 */

/** Formats of a frame without alpha. */
const OPAQUE = ["I420", "I422", "I444", "NV12", "RGBX", "BGRX"];

/**
 * @param {Uint8Array} file
 * @param {string} type its MIME type
 * @returns {Promise<Pixels | null>} upright; null where the browser cannot open it, or would change its pixels, as it
 *   does in pictures with alpha
 */
export async function decode(file, type) {
  try {
    return (await decodeFrame(file, type)) ?? (await decodeBitmap(file, type));
  } catch {
    return null;
  }
}

/** Whether this browser's canvas returns pixels unchanged: some browsers change them against fingerprinting. */
export function pixelsAreTrue() {
  const context = new OffscreenCanvas(16, 16).getContext("2d");
  if (!context) return false;
  context.fillStyle = "rgb(101, 102, 103)";
  context.fillRect(0, 0, 16, 16);
  const { data } = context.getImageData(0, 0, 16, 16);
  return data.every((value, index) => value === [101, 102, 103, 255][index % 4]);
}

/**
 * Decodes by ImageDecoder, whose pixels are not changed. Not with alpha, which Chromium gives in another range.
 *
 * @param {Uint8Array} file
 * @param {string} type
 * @returns {Promise<Pixels | null>} null where there is no such decoder, or the picture has alpha or is to be turned
 */
async function decodeFrame(file, type) {
  if (!("ImageDecoder" in globalThis) || !(await ImageDecoder.isTypeSupported(type))) return null;
  // A copy, since the decoder transfers it.
  const decoder = new ImageDecoder({ type, data: file.slice() });
  try {
    const { image } = await decoder.decode();
    try {
      const turned = /** @type {{ rotation?: number, flip?: boolean }} */ (image);
      if (turned.rotation || turned.flip || !OPAQUE.includes(image.format ?? "")) return null;
      const { width, height } = /** @type {DOMRectReadOnly} */ (image.visibleRect);
      const data = new Uint8Array(width * height * 4);
      await image.copyTo(data, /** @type {VideoFrameCopyToOptions} */ ({ format: "RGBA" }));
      return { width, height, data };
    } finally {
      image.close();
    }
  } finally {
    decoder.close();
  }
}

/**
 * Decodes by a canvas; without alpha.
 *
 * @param {Uint8Array} file
 * @param {string} type
 * @returns {Promise<Pixels | null>}
 */
async function decodeBitmap(file, type) {
  if (!pixelsAreTrue()) return null;
  const bitmap = await createImageBitmap(new Blob([file.slice()], { type }), { premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context?.getImageData(0, 0, width, height);
  // Alpha cannot be trusted: Chromium gives that of an AVIF in another range.
  if (!pixels || pixels.data.some((value, index) => index % 4 === 3 && value < 255)) return null;
  return { width, height, data: new Uint8Array(pixels.data.buffer) };
}
