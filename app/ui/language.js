/** The language of the page: its messages, and its formats of numbers, sizes and dates. */

import { en } from "../messages/en.js";
import { zh } from "../messages/zh.js";
import { prefer, preference } from "./preferences.js";

/** @import { LabKind } from "../engine/protocol.js" */
/** @typedef {typeof en} Messages */
/** @typedef {"en" | "zh"} Language */

/** @type {Record<Language, { messages: Messages, tag: string, name: string }>} */
export const LANGUAGES = {
  en: { messages: en, tag: "en", name: "English" },
  zh: { messages: zh, tag: "zh-Hans", name: "简体中文" },
};

/** @type {Language} */
export let language = chosen();
/** The messages of the current language. Read it each time a text is made (`() => m.mark`): it changes. */
export let m = LANGUAGES[language].messages;
let locale = localeOf(language);

/** @param {Language} next remembered for later visits */
export function setLanguage(next) {
  language = next;
  m = LANGUAGES[next].messages;
  locale = localeOf(next);
  prefer("language", next);
}

/**
 * @param {string | null} value
 * @returns {value is Language}
 */
export function isLanguage(value) {
  return value === "en" || value === "zh";
}

function chosen() {
  const remembered = preference("language");
  if (isLanguage(remembered)) return remembered;
  return navigator.languages.map((tag) => tag.split("-")[0]).find(isLanguage) ?? "en";
}

/** The browser's own variety of a language, which decides between 31/12 and 12/31. @param {Language} of */
function localeOf(of) {
  return navigator.languages.find((tag) => tag.split("-")[0] === of) ?? LANGUAGES[of].tag;
}

/**
 * @param {number} value
 * @param {number} [digits] after the point
 */
export function inNumber(value, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, options).format(value);
}

/** @param {number} bytes in the unit that fits */
export function inBytes(bytes) {
  const [unit, size, digits] =
    bytes < 1e3
      ? ["byte", 1, 0]
      : bytes < 1e6
        ? ["kilobyte", 1e3, 0]
        : bytes < 1e9
          ? ["megabyte", 1e6, 1]
          : ["gigabyte", 1e9, 1];
  const unitDisplay = unit === "byte" ? "long" : "short";
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay, ...options }).format(bytes / size);
}

/** @param {number} share 0..1. Rounded down: 99.96% sure is not 100%. */
export function inPercent(share) {
  return new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1 }).format(
    Math.floor(share * 1000) / 1000,
  );
}

/**
 * @param {number} amount
 * @param {LabKind["unit"]} unit
 */
export function inAmount(amount, unit) {
  if (unit === "quality" || unit === "count") return inNumber(amount);
  if (unit === "pixels") return m.amountInPixels(inNumber(amount));
  if (unit === "factor") return m.factor(inNumber(amount, 2));
  if (unit === "degrees") {
    return new Intl.NumberFormat(locale, {
      style: "unit",
      unit: "degree",
      unitDisplay: "narrow",
      maximumFractionDigits: 1,
    }).format(amount);
  }
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(amount);
}

/** @param {number} milliseconds; times below a tenth of a second are shown as a tenth */
export function inSeconds(milliseconds) {
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "second",
    unitDisplay: "short",
    maximumFractionDigits: 1,
  }).format(Math.max(milliseconds, 100) / 1000);
}

/** @param {number} time as of Date.now() */
export function inDate(time) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(time);
}

/** @param {string} date ISO 8601, without a time of day */
export function inCalendar(date) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(Date.parse(date));
}

/** @param {number} time as of Date.now(). The weekday if it is less than six days ago, else the date. */
export function inDay(time) {
  const isOfLastWeek = Date.now() - time < 6 * 24 * 3600 * 1000;
  return new Intl.DateTimeFormat(locale, isOfLastWeek ? { weekday: "long" } : { dateStyle: "medium" }).format(
    time,
  );
}

/** @param {number} probability of a false alarm */
export function inChance(probability) {
  if (probability < 1e-9) return m.chanceTiny;
  if (probability > 0.5) return m.chanceLarge;
  return m.chance(inNumber(Number((1 / probability).toPrecision(2))));
}
