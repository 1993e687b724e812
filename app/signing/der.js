/** Writes DER, the encoding of certificates and keys. */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BITS = 0x03;
export const OCTETS = 0x04;
export const UTF8 = 0x0c;
export const UTC_TIME = 0x17;
const OID = 0x06;

/**
 * An item whose content is these parts in order.
 *
 * @param {number} tag
 * @param {...(Bytes | number[])} parts
 * @returns {Bytes}
 */
export function der(tag, ...parts) {
  const content = parts.flatMap((part) => [...part]);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return new Uint8Array([tag, ...length, ...content]);
}

/** @param {string} numbers with dots between @returns {Bytes} an object identifier */
export function oid(numbers) {
  const [first, second, ...rest] = numbers.split(".").map(Number);
  return der(OID, [40 * first + second], ...rest.map(inSevens));
}

/** @param {Bytes} number bytes of a number that is not negative @returns {Bytes} */
export function integer(number) {
  const start = number.findIndex((byte) => byte > 0);
  const digits = start < 0 ? [0] : [...number.slice(start)];
  return der(INTEGER, digits[0] & 0x80 ? [0, ...digits] : digits);
}

/** @param {number} number @returns {number[]} its digits to the base 128, all but the last with the highest bit */
function inSevens(number) {
  const digits = [number & 0x7f];
  for (let left = number >> 7; left; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}
