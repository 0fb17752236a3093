import { join } from "node:path";
import { faultOf, fine, warning, type Finding } from "@fustor/core/cli";
import { createKeyStore, pipesOf, type FusionConfig } from "@fustor/server";

/** Has every pipe a key that feeds it? */
export async function checkKeys(home: string, config: FusionConfig): Promise<readonly Finding[]> {
  const subject = "keys";
  try {
    const keys = await createKeyStore(join(home, "keys.json")).list();
    const scopes = new Set<string>(keys.flatMap((key) => key.scopes));
    const lacking = pipesOf(config).filter(
      ({ id }) => !scopes.has(`ingest:${id}`) && !scopes.has("admin"),
    );
    if (lacking.length === 0) return [fine(subject, `${String(keys.length)} in use`)];
    return lacking.map(({ id }) => {
      const fix = `fustor-fusion keys create --scope ingest:${id}`;
      return warning(subject, `no key feeds the pipe ${id}`, fix);
    });
  } catch (error) {
    return [faultOf(subject, error)];
  }
}
