/**
 * Pixels that the stage draws and measures. They are for the eye only: browsers may change them (colour management,
 * protection from fingerprinting). Pictures that are marked and read do not pass through here.
 */

/** @typedef {{ width: number, height: number }} Size */

/** The difference picture is mid-grey + 16 times the difference. */
const GAIN = 16;
const ZERO = 128;

/**
 * @param {Blob} picture
 * @param {Size} size
 * @param {{ x: number, y: number }} [from] a part of the picture of that size, from here, rather than all of it scaled
 */
export async function pixelsOf(picture, { width, height }, from) {
  const bitmap = from
    ? await createImageBitmap(picture, from.x, from.y, width, height)
    : await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("There is no canvas.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/**
 * cover + share x residual, in the cover's size.
 *
 * @param {ImageData} cover
 * @param {ImageData} difference of the same size
 * @param {number} share 1 is the strength that the difference was made at
 */
export function marked(cover, difference, share) {
  return combined(cover.data, difference, share / GAIN);
}

/**
 * Mid-grey + gain x residual.
 *
 * @param {ImageData} difference
 * @param {number} gain
 */
export function amplified(difference, gain) {
  const grey = new Uint8ClampedArray(difference.data.length).fill(ZERO);
  return combined(grey, difference, gain / GAIN);
}

/**
 * @param {Uint8ClampedArray} ground RGBA
 * @param {ImageData} difference
 * @param {number} factor
 */
function combined(ground, { data, width, height }, factor) {
  const result = new ImageData(width, height);
  for (let at = 0; at < data.length; at++) {
    result.data[at] = at % 4 === 3 ? 255 : ground[at] + (data[at] - ZERO) * factor;
  }
  return result;
}

/**
 * Structural similarity of the luma of two pictures, the mean over windows of 8 x 8 pixels, every fourth one.
 * Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004; K1 0.01, K2 0.03.
 *
 * @param {ImageData} one
 * @param {ImageData} other of the same size
 */
export function ssim(one, other) {
  const { width, height } = one;
  const [x, y] = [luma(one), luma(other)];
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + 8 <= height; top += 4) {
    for (let left = 0; left + 8 <= width; left += 4) {
      let [sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0];
      for (let row = top; row < top + 8; row++) {
        for (let at = row * width + left; at < row * width + left + 8; at++) {
          sumX += x[at];
          sumY += y[at];
          sumXX += x[at] * x[at];
          sumYY += y[at] * y[at];
          sumXY += x[at] * y[at];
        }
      }
      const [meanX, meanY] = [sumX / 64, sumY / 64];
      const variances = (sumXX + sumYY) / 64 - meanX ** 2 - meanY ** 2;
      const covariance = sumXY / 64 - meanX * meanY;
      sum +=
        ((2 * meanX * meanY + c1) * (2 * covariance + c2)) /
        ((meanX ** 2 + meanY ** 2 + c1) * (variances + c2));
      windows += 1;
    }
  }
  return sum / windows;
}

/** @param {ImageData} pixels */
function luma({ data }) {
  return Float64Array.from(
    { length: data.length / 4 },
    (_, index) => 0.299 * data[4 * index] + 0.587 * data[4 * index + 1] + 0.114 * data[4 * index + 2],
  );
}
