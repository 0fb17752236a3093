import { FustorError } from "@fustor/core";
import { homeUnusable, writeHomeFile } from "@fustor/core/host";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { AGENT_ID, AGENT_ID_MEANS } from "./config.js";

/**
 * The agent's name for good: `configured`, else the one in `$FUSTOR_HOME/agent-id`, which is made
 * on first use. Receivers know the agent by it, so it must outlive restarts and updates.
 *
 * Called by whoever has claimed the home. Throws `HOME_UNUSABLE`.
 */
export async function readAgentId(home: string, configured: string | undefined): Promise<string> {
  if (configured !== undefined) return configured;
  const kept = await readKept(home);
  if (kept !== "") return checked(kept, join(home, FILE));
  const made = makeAgentId();
  await writeHomeFile(home, FILE, `${made}\n`);
  return made;
}

const FILE = "agent-id";

async function readKept(home: string): Promise<string> {
  try {
    return (await readFile(join(home, FILE), "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw homeUnusable(home, error);
  }
}

/** People may write the file as well as the configuration: the same holds for both. */
function checked(id: string, file: string): string {
  if (AGENT_ID.test(id)) return id;
  throw new FustorError(
    "HOME_UNUSABLE",
    `What stands in ${file} is no name of an agent: ${AGENT_ID_MEANS} are. Write the agent's name ` +
      "there again; without the file it gets a new one.",
  );
}

/** The host's name is for people; what follows makes it unique. */
function makeAgentId(): string {
  const host = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 40);
  return `${host}-${randomBytes(4).toString("hex")}`;
}
