import { askQuestions, print, writeNewConfig, type InitQuestion } from "@fustor/core/cli";
import { findPlaces, type PlaceOptions } from "@fustor/core/host";
import { rewordFor } from "@fustor/core/program";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { EXAMPLE, toConfigText } from "./config-text.js";

export interface InitOptions extends PlaceOptions {
  readonly yes?: boolean;
  readonly folder?: string;
  readonly endpoint?: string;
  readonly credential?: string;
  readonly agentId?: string;
}

const QUESTIONS: readonly InitQuestion[] = [
  {
    option: "folder",
    text: "Which folder shall be watched?",
    fault: (answer) =>
      statSync(answer, { throwIfNoEntry: false })?.isDirectory() === true
        ? undefined
        : "there is no such folder",
  },
  {
    option: "endpoint",
    text: "Where does Fusion answer?",
    otherwise: EXAMPLE.endpoint,
    fault: (answer) =>
      /^https?:\/\/[^/]/.test(answer) && URL.canParse(answer)
        ? undefined
        : `it is no address, such as ${EXAMPLE.endpoint}`,
  },
  {
    option: "credential",
    text: "Which key does it take? A key, ${NAME} of the environment, or file:/path",
    otherwise: "${FUSTOR_KEY}",
  },
  {
    option: "agent-id",
    text: "What is this agent called? Empty: it makes itself a name",
    otherwise: "",
    fault: (answer) =>
      /^[A-Za-z0-9._-]{0,100}$/.test(answer)
        ? undefined
        : "take up to 100 letters, digits, dots, hyphens or underscores",
  },
];

/** Asks what has to be known and writes a first configuration. */
export async function init(options: InitOptions): Promise<number> {
  const places = findPlaces("agent", options);
  const { folder: dir, endpoint: url, credential: key, agentId: name } = options;
  const given = { folder: dir, endpoint: url, credential: key, "agent-id": name };
  const [folder = "", endpoint = "", credential = "", agentId = ""] = await askQuestions(
    QUESTIONS,
    given,
    options,
  );
  const text = toConfigText({
    folder: resolve(folder),
    endpoint,
    credential,
    agentId: agentId === "" ? undefined : agentId,
  });
  await writeNewConfig(places, text);
  const reword = rewordFor(options.launcher);
  print([reword(`Wrote ${places.configFile}. Look it over with: fustor-agent config check`)]);
  return 0;
}
