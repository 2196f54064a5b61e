// Numbers as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = number => whole.format(number);

export const short = number => compact.format(number);

/** 12.3, 123, 1,234: three digits, but never fewer than the whole part. */
export const measure = number => number >= 1000 ? whole.format(number) : three.format(number);

/** Bytes in decimal units: 590 kB, 1.84 MB. */
export function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (number >= 999.5 && unit < units.length - 1) {
    number /= 1000;
    unit++;
  }
  return `${three.format(number)} ${units[unit]}`;
}
