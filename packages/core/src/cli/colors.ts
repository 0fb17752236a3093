import { isatty } from "node:tty";
import pc from "picocolors";

/** Colours where a person looks: on a terminal, unless `NO_COLOR` is set. CI logs get plain text. */
export const colors = pc.createColors(isatty(1) && !process.env["NO_COLOR"]);
