import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { homeUnusable } from "../../host/home.js";
import { probeHome } from "../../host/home-file.js";
import { fault, faultOf, fine, warning, type Finding } from "./finding.js";

/** What may hold a secret. */
const SECRET_FILE = /^(.+-config\.yaml|keys\.json|connection\.json)$/;
const GROUP_OR_OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** Is the home there, ours alone, and can it be written? */
export async function checkHomeRights(home: string): Promise<readonly Finding[]> {
  const subject = `home ${home}`;
  let mode: number;
  try {
    const folder = await stat(home);
    if (!folder.isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    ({ mode } = folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      return [faultOf(subject, homeUnusable(home, error))];
    }
    return [warning(subject, "is not there yet", "start makes it; or set FUSTOR_HOME to another")];
  }
  try {
    await probeHome(home);
  } catch (error) {
    return [faultOf(subject, error)];
  }
  const octal = (mode & 0o777).toString(8);
  const folder =
    (mode & OTHERS_WRITE) === 0
      ? fine(subject, `can be written, mode ${octal}`)
      : fault(subject, `others may write into it (mode ${octal})`, `chmod 700 ${home}`);
  return [folder, ...(await checkSecretFiles(home))];
}

async function checkSecretFiles(home: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of (await readdir(home)).filter((each) => SECRET_FILE.test(each))) {
    const file = join(home, name);
    const { mode } = await stat(file);
    if ((mode & GROUP_OR_OTHERS) === 0) continue;
    const said = `others may read it, or write it (mode ${(mode & 0o777).toString(8)})`;
    // A configuration may well hold no secret, or name an environment variable.
    findings.push(
      (mode & OTHERS_WRITE) === 0
        ? warning(file, said, `chmod 600 ${file}`)
        : fault(file, said, `chmod 600 ${file}`),
    );
  }
  return findings;
}
