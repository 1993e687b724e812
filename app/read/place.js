/** A picture with an outline around the place where the message was read. */

import { h, svg } from "../ui/dom.js";
import { m } from "../ui/language.js";

/** @import { Reading } from "../engine/protocol.js" */

/** Around the picture and the outline, in shares of the picture's longer side. */
const MARGIN = 0.02;

/**
 * @param {HTMLImageElement} image loaded
 * @param {Reading} reading of it
 */
export function placeFigure(image, { corners, outcome }) {
  const isRead = outcome === "read";
  const { naturalWidth: width, naturalHeight: height } = image;
  const points = isRead ? corners.map(([x, y]) => [x * width, y * height]) : [];
  const margin = MARGIN * Math.max(width, height);
  // When the picture is only a part of the marked one, the outline lies outside of it.
  const xs = [0, width, ...points.map(([x]) => x)];
  const ys = [0, height, ...points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  const [wide, high] = [Math.max(...xs) + margin - left, Math.max(...ys) + margin - top];
  const ground = h("div", { class: "ground" }, image);
  ground.style.setProperty("--ratio", String(wide / high));
  image.style.left = `${(-100 * left) / wide}%`;
  image.style.top = `${(-100 * top) / high}%`;
  image.style.width = `${(100 * width) / wide}%`;
  image.style.height = `${(100 * height) / high}%`;
  if (isRead) {
    const [[x1, y1], [x2, y2]] = points;
    ground.append(
      svg(
        "svg",
        { viewBox: `${left} ${top} ${wide} ${high}`, "aria-hidden": "true" },
        svg("polygon", { class: "halo", points: points.join(" ") }),
        svg("polygon", { points: points.join(" ") }),
        svg("line", { x1, y1, x2, y2 }),
      ),
    );
  }
  const caption = h("figcaption", {}, () => (isRead ? m.placeCaption : m.placeNoneCaption));
  return h("figure", { class: "place" }, ground, caption);
}
