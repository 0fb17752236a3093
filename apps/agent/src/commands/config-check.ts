import { colors, printValue } from "@fustor/core/cli";
import { EXIT, findPlaces, type PlaceOptions } from "@fustor/core/host";
import { checkAgent, type Finding } from "../check.js";

/** Prints every finding; 78 when at least one of them is a fault. */
export async function configCheck(
  options: PlaceOptions & { readonly json?: boolean },
): Promise<number> {
  const findings = await checkAgent(findPlaces("agent", options));
  printValue(findings, options, () => [...findings.map(formatFinding), "", summarise(findings)]);
  return findings.some(({ level }) => level === "fault") ? EXIT.config : EXIT.ok;
}

const MARKS = {
  ok: colors.green("ok     "),
  warning: colors.yellow("warning"),
  fault: colors.red("fault  "),
} as const;

function formatFinding({ level, subject, message }: Finding): string {
  return `${MARKS[level]}  ${subject}: ${message}`;
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
