// Descent on ½(b − 1)² from 0, computed in a number format: when the loss is inf, when the weight is nan.

const largestExponent = { fp16: 15, bf16: 127, fp32: 127, fp64: 1023 };
const fractionBits = { fp16: 10, bf16: 7, fp32: 23, fp64: 52 };
export const formats = Object.keys(fractionBits);

export const largest = (format) => (2 - 2 ** -fractionBits[format]) * 2 ** largestExponent[format];

const view = new DataView(new ArrayBuffer(8));

function exponentOf(value) {
  view.setFloat64(0, value);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** How far the next number of the format lies from a number, away from 0. */
export const distance = (format, value) => 2 ** (Math.max(exponentOf(value), 1 - largestExponent[format]) - fractionBits[format]);

/** The value rounded to the format: to nearest, ties to even. bf16 is rounded from fp32, as hardware does. */
export function keep(format, value) {
  if (format === "fp64") return value;
  const single = Math.fround(value);
  if (format === "fp32") return single;
  if (format === "bf16") value = single;
  if (!Number.isFinite(value) || value === 0) return value;
  const unit = distance(format, value);
  const magnitude = Math.abs(value) / unit;
  const rounded = (magnitude + 2 ** 52 - 2 ** 52) * unit; // the sum drops what is below one, ties to even
  return Math.sign(value) * (rounded > largest(format) ? Infinity : rounded);
}

/** Loss and weight before each update, up to the first weight that is nan. */
export function descend(format, alpha, updates) {
  const k = (value) => keep(format, value);
  const rate = k(alpha);
  const losses = [];
  const weights = [];
  let b = 0;
  for (let t = 0; t < updates; t++) {
    const residual = k(b - 1);
    losses.push(k(k(residual * residual) / 2));
    weights.push(b);
    if (Number.isNaN(b)) break;
    b = k(b - k(rate * residual));
  }
  return { losses, weights };
}

/** The update of the first inf and of the first nan; −1 for none. */
export const firstInf = (values) => values.findIndex((value) => Math.abs(value) === Infinity);
export const firstNan = (values) => values.findIndex(Number.isNaN);

/** How many updates multiply a loss by growth until it is past the largest number: ⌈ln(max/L₀)/ln k⌉. */
export const countdown = (format, growth, first) => Math.ceil(Math.log(largest(format) / first) / Math.log(growth));

/** The bit pattern of a value in the format: sign, exponent, fraction. */
export function bits(format, value) {
  const width = fractionBits[format];
  const bias = largestExponent[format];
  const size = Math.abs(value);
  const exponent = Math.max(exponentOf(size), 1 - bias); // below it, subnormal: the leading one is missing
  const units = (count) => BigInt(count) << BigInt(width);
  const ends = Number.isNaN(value) ? 1.5 : 1; // all of the exponent is 1; a nan has a bit of the fraction too
  const body = Number.isFinite(value) ? units(exponent + bias - 1) + BigInt(size / 2 ** (exponent - width)) : units(2 * bias) + BigInt(ends * 2 ** width);
  const pattern = body.toString(2).padStart(Math.log2(bias + 1) + 1 + width, "0");
  // Which sign a nan has is left to the machine, and a script is not told it.
  const sign = Number.isNaN(value) ? "?" : value < 0 || Object.is(value, -0) ? "1" : "0";
  return [sign, pattern.slice(0, -width), pattern.slice(-width)];
}
