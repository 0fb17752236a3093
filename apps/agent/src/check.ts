import { silentLogger, type SenderDriver, type SourceDescription } from "@fustor/core";
import { checkPort, configFindings, faultOf, fine, type Finding } from "@fustor/core/cli";
import {
  createSystemClock,
  nearest,
  prepareHome,
  probeHome,
  readLogLevel,
  systemRandom,
  type Places,
} from "@fustor/core/host";
import { readFile } from "node:fs/promises";
import { createSenders, createSource } from "./create-drivers.js";
import { chooseListen } from "./page.js";
import { planAgent, requireUsablePipe, type AgentPlan, type PipePlan } from "./plan.js";

/** What to look at besides, while a source or the options of a sender are at hand. */
export interface Looks {
  /** Instead of the look at whether the home can be written. */
  home?(places: Places): Promise<readonly Finding[]>;
  /** Instead of the look at the quota of watches. */
  source?(subject: string, description: SourceDescription): Promise<readonly Finding[]>;
  sender?(subject: string, config: Readonly<Record<string, unknown>>): Promise<readonly Finding[]>;
}

/** How long one source or receiver may take to answer. */
const ANSWER_MS = 10_000;
/** With fewer, a tree of ordinary size cannot be watched as a whole. */
const WATCHES_MIN = 65_536;

/** Looks at the configuration and at everything that it leads to. Changes nothing there. */
export async function checkAgent(places: Places, looks: Looks = {}): Promise<readonly Finding[]> {
  const { configFile } = places;
  let plan: AgentPlan;
  try {
    readLogLevel(places.env);
    plan = await planAgent(places);
    requireUsablePipe(plan);
  } catch (error) {
    return configFindings(configFile, error);
  }
  const clock = createSystemClock();
  const context = { ...places, clock, random: systemRandom, logger: silentLogger };
  let senders: ReadonlyMap<string, SenderDriver>;
  try {
    senders = await createSenders(plan, context);
  } catch (error) {
    return configFindings(configFile, error);
  }
  const findings = [
    { level: "ok" as const, subject: configFile, message: "matches the schema" },
    ...plan.pipes.flatMap(({ id, enabled, problem }) =>
      enabled && problem !== undefined ? [faultOf(`pipe ${id}`, problem)] : [],
    ),
    ...((await looks.home?.(places)) ?? [await checkHome(places)]),
    ...(await checkPage(places, plan)),
  ];
  const used = plan.pipes.filter(({ enabled, problem }) => enabled && problem === undefined);
  for (const id of new Set(used.map(({ sourceId }) => sourceId))) {
    const prepared = plan.sources.get(id);
    if (prepared === undefined) continue;
    const fed = used.filter(({ sourceId }) => sourceId === id);
    findings.push(...(await checkSource(id, () => createSource(prepared, context), fed, looks)));
  }
  for (const id of new Set(used.map(({ senderId }) => senderId))) {
    const sender = senders.get(id);
    if (sender === undefined) continue;
    findings.push(await checkSender(id, sender));
    const options = plan.senders.get(id)?.config as Readonly<Record<string, unknown>> | undefined;
    const more = await looks.sender?.(`sender ${id}`, options ?? {});
    findings.push(...(more ?? []));
  }
  await Promise.allSettled([...senders.values()].map((sender) => sender.close()));
  return findings;
}

async function checkHome({ home }: Places): Promise<Finding> {
  const subject = `home ${home}`;
  try {
    await prepareHome(home);
    await probeHome(home);
    return fine(subject, "can be written");
  } catch (error) {
    return faultOf(subject, error);
  }
}

async function checkPage(
  { home, env }: Places,
  { config }: AgentPlan,
): Promise<readonly Finding[]> {
  const subject = "page";
  const fix = "set listen.port, or FUSTOR_AGENT_PORT, to another port (0 takes a free one)";
  try {
    const { host, port } = chooseListen(config, env);
    return [
      await checkPort({ app: "agent", subject, home, host, port, fix }),
      ...(LOOPBACK.test(host) ? [] : [openToOthers(subject, host)]),
    ];
  } catch (error) {
    return [faultOf(subject, error)];
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

function openToOthers(subject: string, host: string): Finding {
  const message =
    `listen.host is ${host}: others on the network reach this page, and it asks for no login. ` +
    "Set listen.host to 127.0.0.1, or keep them out with a firewall";
  return { level: "warning", subject, message };
}

async function checkSource(
  id: string,
  open: () => ReturnType<typeof createSource>,
  pipes: readonly PipePlan[],
  looks: Looks,
): Promise<readonly Finding[]> {
  const subject = `source ${id}`;
  const source = open();
  try {
    const description = await source.describe(AbortSignal.timeout(ANSWER_MS));
    return [
      { level: "ok", subject, message: `${description.uri} can be read` },
      ...((await looks.source?.(subject, description)) ??
        (await checkWatches(subject, description))),
      ...pipes.flatMap((pipe) => checkFields(pipe, description)),
    ];
  } catch (error) {
    return [faultOf(subject, withoutPromise(explainSilence(error, "Is its file system hanging?")))];
  } finally {
    await source.close();
  }
}

function checkFields(
  { id, fields = [] }: PipePlan,
  { schema, fields: known }: SourceDescription,
): readonly Finding[] {
  if (known === undefined) return [];
  return fields
    .filter((field) => !known.includes(field))
    .map((field) => {
      const meant = nearest(field, known);
      const hint =
        meant === undefined ? `there are ${known.join(", ")}` : `did you mean "${meant}"?`;
      return faultOf(`pipe ${id}`, `rows of ${schema} have no field "${field}"; ${hint}`);
    });
}

async function checkWatches(
  subject: string,
  { schema }: SourceDescription,
): Promise<readonly Finding[]> {
  if (schema !== "fs" || process.platform !== "linux") return [];
  const name = "fs.inotify.max_user_watches";
  const watches = Number(await readFile("/proc/sys/fs/inotify/max_user_watches", "utf8"));
  if (watches >= WATCHES_MIN) {
    return [{ level: "ok", subject, message: `${name} is ${String(watches)}` }];
  }
  const message =
    `${name} is ${String(watches)}: a larger tree is watched in part only, and the rest is seen ` +
    `by audits. Raise it: sudo sysctl -w ${name}=1048576 (and in /etc/sysctl.d to keep it)`;
  return [{ level: "warning", subject, message }];
}

async function checkSender(id: string, sender: SenderDriver): Promise<Finding> {
  const subject = `sender ${id}`;
  if (sender.check === undefined) {
    return { level: "ok", subject, message: "ready; its driver has no check of its receiver" };
  }
  try {
    await sender.check(AbortSignal.timeout(ANSWER_MS));
    return { level: "ok", subject, message: "the receiver answers and takes the key" };
  } catch (error) {
    return faultOf(subject, explainSilence(error, "Is the address right?"));
  }
}

/** A check looks once; what a running agent would do next is not said here. */
function withoutPromise(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return new Error(error.message.replace(/[;,.]? it is tried again\.?$/i, "."), { cause: error });
}

function explainSilence(error: unknown, question: string): unknown {
  if (!(error instanceof Error) || error.name !== "TimeoutError") return error;
  return new Error(`does not answer within ${String(ANSWER_MS / 1000)} s. ${question}`);
}
