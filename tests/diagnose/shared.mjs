// The page's half of the reader, where READER says that it lies with its tables, else as it was built.

export const reader = (name) => import(new URL(`${name}.js`, process.env.READER ?? new URL("../../docs/assets/diagnose/", import.meta.url)));
