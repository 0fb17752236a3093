import { askQuestions, print, writeNewConfig, type InitQuestion } from "@fustor/core/cli";
import { findPlaces, type PlaceOptions } from "@fustor/core/host";
import { rewordFor } from "@fustor/core/program";
import { isLoopback } from "@fustor/server";
import { hostname } from "node:os";
import { join } from "node:path";
import { EXAMPLE, toConfigText } from "./config-text.js";

export interface InitOptions extends PlaceOptions {
  readonly yes?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly view?: string;
  readonly pipe?: string;
}

const isId = (answer: string): string | undefined =>
  /^[A-Za-z0-9._-]{1,100}$/.test(answer)
    ? undefined
    : "take 1 to 100 letters, digits, dots, hyphens or underscores";

const QUESTIONS: readonly InitQuestion[] = [
  {
    option: "host",
    text: "On which address shall Fusion answer? 0.0.0.0 lets other machines in",
    otherwise: EXAMPLE.host,
  },
  {
    option: "port",
    text: "On which port?",
    otherwise: String(EXAMPLE.port),
    fault: (answer) =>
      /^\d{1,5}$/.test(answer) && Number(answer) <= 65_535
        ? undefined
        : "take a number from 0 to 65535",
  },
  { option: "view", text: "What is its view called?", otherwise: EXAMPLE.view, fault: isId },
  {
    option: "pipe",
    text: "And the pipe by which agents feed it?",
    otherwise: EXAMPLE.pipe,
    fault: isId,
  },
];

/** Where nobody has given this machine a certificate yet. */
function certificateLines(
  { cert, key }: { readonly cert: string; readonly key: string },
  port: string,
): string[] {
  const name = hostname();
  return [
    `  # a certificate: put yours into ${cert} and its key into ${key}, or make one:`,
    "  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \\",
    `    -subj /CN=${name} -addext subjectAltName=DNS:${name} -keyout ${key} -out ${cert}`,
    `  # agents reach it at https://${name}:${port}, and trust it by a copy of ${cert} (ca: in their configuration)`,
  ];
}

/** Asks what has to be known and writes a first configuration. */
export async function init(options: InitOptions): Promise<number> {
  const places = findPlaces("fusion", options);
  const { host: address, port: number, view: shown, pipe: fed } = options;
  const given = { host: address, port: number, view: shown, pipe: fed };
  const [host = "", port = "", view = "", pipe = ""] = await askQuestions(
    QUESTIONS,
    given,
    options,
  );
  const tls = isLoopback(host)
    ? undefined
    : { cert: join(places.home, "cert.pem"), key: join(places.home, "key.pem") };
  const first = { host, port: Number(port), view, pipe };
  await writeNewConfig(places, toConfigText({ ...first, ...(tls && { tls }) }));
  const lines = [
    `Wrote ${places.configFile}. Then:`,
    ...(tls === undefined ? [] : certificateLines(tls, port)),
    `  fustor-fusion keys create --scope ingest:${pipe}   # a key for agents`,
    `  fustor-fusion keys create --scope query:${view}   # a key for questions`,
    "  fustor-fusion start -D",
  ];
  print(lines.map(rewordFor(options.launcher)));
  return 0;
}
