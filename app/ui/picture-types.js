/** Which pictures may come in from other apps. */

const MOST_BYTES = 16;

/** MIME types by how such files begin; a dot stands for any byte. */
const BEGINNINGS = Object.entries({
  "image/jpeg": /^\xff\xd8\xff/s,
  "image/png": /^\x89PNG\r\n\x1a\n/s,
  "image/gif": /^GIF8[79]a/s,
  "image/webp": /^RIFF....WEBP/s,
  "image/tiff": /^(II\*\0|MM\0\*)/s,
  "image/bmp": /^BM....\0\0\0\0/s,
  "image/avif": /^....ftypavi[fs]/s,
  // No browser engine of ours opens it, but phones share it: the engine then says what it is.
  "image/heic": /^....ftyp(hei[cxms]|hev[cx]|mif1|msf1)/s,
});

/**
 * What a file is by its first bytes, whatever it is called and said to be.
 *
 * @param {Blob} file
 * @returns {Promise<string | null>} a MIME type, null where it is no picture that can be taken
 */
export async function pictureType(file) {
  const bytes = new Uint8Array(await file.slice(0, MOST_BYTES).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  return BEGINNINGS.find(([, beginning]) => beginning.test(text))?.[0] ?? null;
}
