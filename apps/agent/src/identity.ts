import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/**
 * The agent's name for good: `configured`, else the one in `$FUSTOR_HOME/agent-id`, which is made
 * on first use. Receivers know the agent by it, so it must outlive restarts and updates.
 */
export async function readAgentId(home: string, configured: string | undefined): Promise<string> {
  if (configured !== undefined) return configured;
  const file = join(home, "agent-id");
  try {
    await writeFile(file, `${makeAgentId()}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const kept = (await readFile(file, "utf8")).trim();
  if (kept !== "") return kept;
  // A crash between creating and writing left it empty.
  const made = makeAgentId();
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}

/** The host's name is for people; what follows makes it unique. */
function makeAgentId(): string {
  const host = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 40);
  return `${host}-${randomBytes(4).toString("hex")}`;
}
