import { colors } from "../colors.js";
import { printValue } from "../print.js";
import type { Finding } from "./finding.js";

const MARKS = {
  ok: colors.green("ok     "),
  warning: colors.yellow("warning"),
  fault: colors.red("fault  "),
} as const;

/** Prints a line for every finding, with what to do below it. True when none is a fault. */
export function printFindings(
  findings: readonly Finding[],
  options: { readonly json?: boolean },
): boolean {
  printValue(findings, options, () => [...findings.flatMap(format), "", summarise(findings)]);
  return !findings.some(({ level }) => level === "fault");
}

function format({ level, subject, message, fix }: Finding): readonly string[] {
  const line = `${MARKS[level]}  ${subject}: ${message}`;
  return fix === undefined ? [line] : [line, `         ${colors.bold("fix")}: ${fix}`];
}

function summarise(findings: readonly Finding[]): string {
  const count = (wanted: Finding["level"]) =>
    findings.filter(({ level }) => level === wanted).length;
  const faults = count("fault");
  const warnings = count("warning");
  if (faults + warnings === 0) return "Everything is as it should be.";
  return `${plural(faults, "fault")}, ${plural(warnings, "warning")}.`;
}

function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}
