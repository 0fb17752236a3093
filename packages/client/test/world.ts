import type { AddressInfo } from "node:net";
import { createFilled, type Tree } from "../../server/test/filled.js";
import { createWorld, type World } from "../../server/test/support.js";
import { FustorClient } from "../src/index.js";

export interface Listening {
  readonly world: World;
  readonly endpoint: string;
  /** May ask the view `default`. */
  readonly key: string;
  readonly client: FustorClient;
}

/** A Fusion that listens and was told a whole tree. */
export async function listenFilled(tree: Tree) {
  const { world, session } = await createFilled(tree);
  return { ...(await listen(world)), session };
}

/** A Fusion that listens and was told nothing. */
export async function listenEmpty(): Promise<Listening> {
  return listen(await createWorld());
}

async function listen(world: World): Promise<Listening> {
  await world.fusion.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = world.fusion.app.server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${String(port)}`;
  const key = await world.keyFor("query:default");
  return { world, endpoint, key, client: new FustorClient({ endpoint, key }) };
}
