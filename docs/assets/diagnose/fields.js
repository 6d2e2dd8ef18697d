// What may be told of a run beside its losses: the fields, what each wants, and what it reads.

const NUMBER = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$/i;
const CLASSES = /^([0-9]+) ?class(?:es)?$/i;
/** On the way to 0.001 stands a 0, and on the way to 10 classes a 10 c. */
export const BEGUN = /^[0.]*$|e[-+]?$|[0-9] ?c[a-z]*$/i;

const number = (text) => (NUMBER.test(text) ? Number(text) : NaN);
/** Whoever guesses among C classes has a cross-entropy of ln C. */
const guess = (text) => (CLASSES.test(text) ? Math.log(text.match(CLASSES)[1]) : number(text));
const positive = (value) => value > 0 && value < 1e30;
const whole = (value) => value >= 1 && Number.isSafeInteger(value);

export const FIELDS = [
  { name: "rate", label: "learning rate α", hint: "0.001", wants: "a number above 0", reads: number, fits: positive },
  { name: "momentum", label: "momentum β", hint: "0", without: 0, wants: "0, or a number below 1", reads: number, fits: (value) => value < 1 },
  { name: "batch_size", label: "batch size", hint: "all samples", wants: "a whole number from 1", reads: number, fits: whole },
  { name: "every", label: "updates per line", hint: "1", wants: "a whole number from 1", reads: number, fits: whole },
  {
    name: "guess",
    label: "loss of guessing",
    hint: "10 classes",
    wants: "a number above 0, or such as 10 classes",
    reads: guess,
    fits: positive,
    tells: "ln C for C classes (2.30 for 10), or the variance of the targets for a mean squared error",
  },
];
/** The first of each is empty: what the log says. */
export const CHOICES = [
  { name: "dtype", label: "number format", options: ["float32", "float16", "bfloat16", "float64"] },
  { name: "optimiser", label: "optimiser", options: ["SGD", "Adam", "AdamW", "RMSprop"] },
];
