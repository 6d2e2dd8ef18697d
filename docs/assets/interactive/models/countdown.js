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

/** The value rounded to the format: to nearest, ties to even. bf16 is rounded from fp32, as hardware does. */
export function keep(format, value) {
  if (format === "fp64") return value;
  const single = Math.fround(value);
  if (format === "fp32") return single;
  if (format === "bf16") value = single;
  if (!Number.isFinite(value) || value === 0) return value;
  const exponent = Math.max(exponentOf(value), 1 - largestExponent[format]);
  const unit = 2 ** (exponent - fractionBits[format]); // the distance to the next value
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
  const total = 1 + Math.log2(largestExponent[format] + 1) + 1 + fractionBits[format];
  const width = fractionBits[format];
  const bias = BigInt(largestExponent[format]);
  view.setFloat64(0, value);
  const double = view.getBigUint64(0);
  const sign = double >> 63n;
  const exponent = ((double >> 52n) & 0x7ffn) - 1023n + bias;
  const fraction = double & 0xfffffffffffffn;
  const all = 2n * bias + 1n;
  let body;
  if (value === 0) body = 0n;
  else if (!Number.isFinite(value)) body = (all << BigInt(width)) | (Number.isNaN(value) ? 1n << BigInt(width - 1) : 0n);
  else if (exponent > 0n || format === "fp64") body = (exponent << BigInt(width)) | (fraction >> BigInt(52 - width));
  else body = (fraction | (1n << 52n)) >> (BigInt(52 - width) + 1n - exponent); // subnormal
  const pattern = ((sign << BigInt(total - 1)) | body).toString(2).padStart(total, "0");
  // Which sign a nan has is left to the machine, so none is shown.
  return [Number.isNaN(value) ? "0" : pattern.slice(0, 1), pattern.slice(1, total - width), pattern.slice(total - width)];
}
