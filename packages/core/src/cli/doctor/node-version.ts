import { fault, fine, warning, type Finding } from "./finding.js";

const TESTED = [20, 22, 24];

/** Is this Node.js new enough, and one of those that are tested? */
export function checkNodeVersion(version: string): Finding {
  const subject = "Node.js";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    return fault(subject, `${version} is too old`, "install Node.js 24 from https://nodejs.org");
  }
  if (TESTED.includes(major)) return fine(subject, `${version} is a tested version`);
  const fix = `use Node.js ${TESTED.join(", ")} where it must not fail`;
  return warning(subject, `${version} is not a tested version`, fix);
}
