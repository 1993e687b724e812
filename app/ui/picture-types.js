/**
 * The kinds of pictures: how their files begin, and how their names end. The command line takes the same endings, and
 * app.webmanifest lists them for the system.
 */

const MOST_BYTES = 16;

/** By MIME type; a dot in a beginning stands for any byte. @type {Record<string, { beginning: RegExp, endings: string[] }>} */
export const PICTURE_TYPES = {
  "image/jpeg": { beginning: /^\xff\xd8\xff/s, endings: [".jpg", ".jpeg", ".jfif", ".jpe"] },
  "image/png": { beginning: /^\x89PNG\r\n\x1a\n/s, endings: [".png"] },
  "image/gif": { beginning: /^GIF8[79]a/s, endings: [".gif"] },
  "image/webp": { beginning: /^RIFF....WEBP/s, endings: [".webp"] },
  "image/tiff": { beginning: /^(II\*\0|MM\0\*)/s, endings: [".tif", ".tiff"] },
  "image/bmp": { beginning: /^BM....\0\0\0\0/s, endings: [".bmp"] },
  "image/avif": { beginning: /^....ftypavi[fs]/s, endings: [".avif"] },
  "image/heic": { beginning: /^....ftyp(hei[cxms]|hev[cx]|mif1|msf1)/s, endings: [".heic", ".heif"] },
};

/**
 * The type of a file by its first bytes, whatever its name and stated type.
 *
 * @param {Blob} file
 * @returns {Promise<string | null>} a MIME type, null where it is no picture that can be taken
 */
export async function pictureType(file) {
  const bytes = new Uint8Array(await file.slice(0, MOST_BYTES).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  return Object.entries(PICTURE_TYPES).find(([, { beginning }]) => beginning.test(text))?.[0] ?? null;
}

/**
 * Whether a file's name ends like a picture's.
 *
 * @param {string} name
 */
export function isPictureName(name) {
  const ending = name.slice(name.lastIndexOf(".")).toLowerCase();
  return Object.values(PICTURE_TYPES).some(({ endings }) => endings.includes(ending));
}
