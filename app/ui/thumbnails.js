/** Small pictures for lists: made when they come into view, one at a time, some kilobytes each. */

const SIDE = 112;

/** @type {WeakMap<Element, Blob>} */
const wanted = new WeakMap();
/** They are made one after the other, since each takes the memory of a whole picture. */
let last = Promise.resolve();

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const picture = wanted.get(target);
      if (!isIntersecting || !picture || !(target instanceof HTMLImageElement)) continue;
      observer.unobserve(target);
      last = last.then(() => show(target, picture)).catch(() => undefined);
    }
  },
  { rootMargin: "200px" },
);

/**
 * Shows the thumbnail of a picture once the image comes into view. There is none if the browser cannot decode it.
 *
 * @param {HTMLImageElement} image
 * @param {Blob} picture
 */
export function showThumbnail(image, picture) {
  wanted.set(image, picture);
  observer.observe(image);
}

/**
 * The object URL of a thumbnail that the register keeps; the caller revokes it.
 *
 * @param {ArrayBuffer} thumbnail
 * @returns {string}
 */
export function keptThumbnail(thumbnail) {
  // The type matters: an imported file could have put a page here, and people can open the image by itself.
  return URL.createObjectURL(new Blob([thumbnail], { type: "image/webp" }));
}

/**
 * @param {Blob} picture
 * @returns {Promise<Blob>} a WebP or PNG file of at most SIDE pixels a side
 */
export async function thumbnailOf(picture) {
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (context) context.imageSmoothingQuality = "high";
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("No thumbnail."))), "image/webp", 0.8),
  );
}

/**
 * @param {HTMLImageElement} image
 * @param {Blob} picture
 */
async function show(image, picture) {
  const url = URL.createObjectURL(await thumbnailOf(picture));
  image.src = url;
  await image.decode().finally(() => URL.revokeObjectURL(url));
}
