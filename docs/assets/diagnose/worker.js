// Reads and diagnoses away from the page, so that a long log does not keep anybody from typing. Where no worker
// starts, the page loads this file itself, which spares it another that would say the same.

import { answer } from "./answer.js";

export { answer };

if (globalThis.WorkerGlobalScope) onmessage = ({ data: question }) => postMessage(answer(question));
