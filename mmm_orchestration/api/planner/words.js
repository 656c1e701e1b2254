// Numbers and intervals in words; a number that is missing is said to be so.

const plain = (digits) => new Intl.NumberFormat("en", { maximumSignificantDigits: digits });

export function show(value, unit = "") {
  if (value === null || value === undefined) return "not known";
  const digits = Math.abs(value) >= 1000 ? 4 : 3;
  if (/^[A-Z]{3}$/.test(unit)) {
    return new Intl.NumberFormat("en", {
      style: "currency",
      currency: unit,
      maximumSignificantDigits: digits,
    }).format(value);
  }
  return unit ? `${plain(digits).format(value)} ${unit}` : plain(digits).format(value);
}

export function showPercent(part, digits = 0) {
  if (part === null || part === undefined) return "not known";
  return new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: digits }).format(part);
}

export const showSigned = (value, unit) => (value > 0 ? `+${show(value, unit)}` : show(value, unit));

export function showInterval(interval, unit = "", number = show) {
  if (!interval || interval.median === null) return "not known";
  return `${number(interval.median, unit)} (${number(interval.low, unit)} to ${number(interval.high, unit)})`;
}

export function showProbability(p) {
  if (p === null || p === undefined) return "not known";
  if (p > 0.995) return "almost certain";
  if (p < 0.005) return "almost ruled out";
  return showPercent(p);
}

// As the end of a sentence that begins with "that it brings more".
export function judge(p) {
  if (p === null || p === undefined) return "is not known";
  return p > 0.995 || p < 0.005 ? `is ${showProbability(p)}` : `has a probability of ${showPercent(p)}`;
}

export const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

export function showPeriods(n, days) {
  if (days === 1) return count(n, "day");
  return days === 7 ? count(n, "week") : `${count(n, "period")} of ${days} days`;
}

// A change in per cent, without more digits than anybody could mean.
export const showChange = (before, after) => (before > 0 ? `${showSigned(Math.round(100 * (after / before - 1)))} %` : "new");

export const daysAgo = (day) => Math.floor((Date.now() - Date.parse(`${day}T00:00:00Z`)) / 86_400_000);

export const toName = (slug) => slug.replaceAll("_", " ");
