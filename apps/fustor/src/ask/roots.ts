import type { RootJson } from "@fustor/client";
import { colors, formatTable, printValue, type Column } from "@fustor/core/cli";
import { connect, type ConnectOptions } from "./connect.js";
import { printable } from "./one.js";

type Options = ConnectOptions & { readonly json?: boolean };

/** `fustor roots`: whose roots are taken for the one that the view shows, and whose are not. */
export async function roots(options: Options): Promise<number> {
  const { client } = await connect(options);
  printValue(await client.roots(), options, (all, width) => formatRoots(all, client.view, width));
  return 0;
}

/** `fustor roots accept`: an operator knows that it is the right one. */
export async function acceptRoot(agent: string, options: Options): Promise<number> {
  const { client } = await connect(options, { admin: true });
  printValue(await client.acceptRoot(agent), options, ({ agent_id, identity, pipe_id }) => [
    `${identity} is the root of the agent ${printable(agent_id)} in the pipe ${pipe_id} now. ` +
      "The agent is let in when it asks again, within 15 s, and tells everything anew.",
  ]);
  return 0;
}

function formatRoots(all: readonly RootJson[], view: string, width: number): string[] {
  if (all.length === 0) return ["No agent is here, and none was refused lately."];
  const refused = all.filter(({ state }) => state === "refused");
  return [
    ...formatTable(COLUMNS, all, width),
    ...refused.flatMap(({ reason = "" }) => ["", printable(reason)]),
    ...(refused.length === 0 ? [] : ["", ...adviceOn(refused, view)]),
  ];
}

function adviceOn(refused: readonly RootJson[], view: string): string[] {
  const agents = refused.length === 1 ? printable(refused[0]?.agent_id ?? "") : "AGENT";
  return [
    "Give an agent the folder that the other agents of its pipe watch, or a pipe of its own; or, if",
    `its root is the right one, with an admin key: fustor roots accept ${agents} --view ${view}`,
  ];
}

const COLUMNS: readonly Column<RootJson>[] = [
  { title: "AGENT", value: ({ agent_id }) => printable(agent_id) },
  { title: "PIPE", value: ({ pipe_id }) => pipe_id },
  {
    title: "STATE",
    value: ({ state }) => state,
    paint: ({ state }) => (state === "taken" ? colors.green : colors.red),
  },
  { title: "IDENTITY", value: ({ identity }) => printable(identity) },
  { title: "FOLDER", value: ({ uri }) => printable(uri) },
];
