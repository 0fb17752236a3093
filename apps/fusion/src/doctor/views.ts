import { ask, fine, findRunning, warning, type Finding } from "@fustor/core/cli";
import type { ReadyFacts } from "../commands/status.js";

/** What the Fusion that runs in this home says of its views; nothing where none answers. */
export async function checkViews(home: string): Promise<readonly Finding[]> {
  const facts = await readReadiness(home);
  if (facts === undefined) return [];
  const { reasons, warnings = [] } = facts;
  if (reasons.length + warnings.length === 0) return [fine("views", "all are ready")];
  return [
    ...reasons.map(({ view, reason }) =>
      warning(`view ${view}`, `not ready: ${reason}`, "see the log of Fusion, and its agents"),
    ),
    ...warnings.map((each) => warning(`view ${each.view}`, each.warning, "what that tells to do")),
  ];
}

async function readReadiness(home: string): Promise<ReadyFacts | undefined> {
  try {
    const running = await findRunning("fusion", home);
    const { body } = await ask(running, "/readyz", { statuses: [200, 503] });
    return body as ReadyFacts;
  } catch {
    // Whether one should answer is another check's matter.
    return undefined;
  }
}
