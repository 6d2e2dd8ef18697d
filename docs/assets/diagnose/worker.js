// Reads and diagnoses away from the page, so that a long log does not keep anybody from typing.

import { answer } from "./answer.js";

onmessage = ({ data: question }) => postMessage(answer(question));
