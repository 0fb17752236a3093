import { FustorError, type ErrorCode } from "@fustor/core";
import { exitCodeOf } from "@fustor/core/host";
import { V2_ERRORS } from "@fustor/protocol";

/** What each code of ours means, and what to do about it. */
const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  CONFIG_INVALID:
    "The file does not match its schema. Every fault is listed with line and column; " +
    "unknown keys come with the one that was probably meant.",
  CONFIG_UNREADABLE: "The file is missing, may not be read, or is not YAML.",
  DRIVER_NOT_FOUND:
    "No installed package provides the driver that a `type` names. The message lists the " +
    "folders that were searched and the command that installs it.",
  DRIVER_INVALID:
    "A package was found but cannot be used: it is of another kind or driver API version, " +
    "its manifest is missing, or its code does not load. Install a version that fits.",
  SOURCE_UNAVAILABLE:
    "The source cannot be reached now, e.g. its root is missing or may not be read. The " +
    "pipe tries again.",
  SOURCE_CRASHED:
    "The child process of a source ended by itself. It is started again after a pause, " +
    "and the receiver is told that changes may have been missed.",
  SESSION_LOST: "Fusion no longer knows the session. A new one is opened at once.",
  SESSION_REFUSED:
    "Fusion does not accept this pipe, e.g. because the key feeds a view of another " +
    "schema, or a Fusion that speaks only v1 has a live session of an agent with the same " +
    "name.",
  ROOT_MISMATCH:
    "Fusion does not take the root of this agent for the one that the view shows: it was replaced, " +
    "or is another folder than that of the pipe's other agents. `fustor roots` tells more; see " +
    "[A root that was replaced](operations.md#a-root-that-was-replaced). The pipe tries again.",
  SEND_FAILED:
    "A batch could not be delivered, or a question was not answered as it should be. When " +
    "Fusion cannot be reached or is busy, the same batch is sent again until it is " +
    "acknowledged.",
  UNAUTHORIZED:
    "Fusion does not know the key. Make one with `fustor-fusion keys create` and put it " +
    "into `credential`.",
  FORBIDDEN: "The key is known and may not do this. Make one with the scope that is needed.",
  PORT_IN_USE:
    "Another program listens on the port. Stop it, or choose another one in the file or " +
    "by `FUSTOR_AGENT_PORT` or `FUSTOR_FUSION_PORT`.",
  HOME_IN_USE:
    "An agent or Fusion runs in this home already, or uses its state; the message names " +
    "its process. Stop it, or set `FUSTOR_HOME` to a home of its own.",
  HOME_UNUSABLE: "The home, or a file in it, cannot be made, read or written.",
  CHECKPOINT_UNUSABLE:
    "A view cannot take over a state that was saved: another version wrote it, or part of " +
    "it is missing. Run the version that wrote it, or reset the view.",
  NOT_RUNNING:
    "Nothing runs in this home, or no Fusion answers at the address that was asked. Start " +
    "it, or name another home or address.",
  NOT_FOUND:
    "Fusion has no such view, the view no such path, the agent no such pipe, or there is " +
    "no such file.",
  NOT_READY:
    "Fusion cannot answer yet: a first snapshot is not complete, or too many ask at once. " +
    "Ask again.",
  STORAGE_FAILED:
    "Fusion could not write its log: it takes nothing more, and answers what it knows. " +
    "On a disk that is full or may only be read it goes on by itself once that is over; after " +
    "any other error look at the disk that the message names, then restart Fusion. What was " +
    "acknowledged is there.",
  START_FAILED:
    "The program did not come up, e.g. because its state is of a newer version. In the " +
    "background its own words follow; the log file has the rest.",
  STOP_FAILED:
    "The program did not end when asked to: it belongs to another user, or waits for a " +
    "file system that does not answer.",
  USAGE:
    "The command line, a variable of the environment or a question could not be " +
    "understood; the sentence names the part and what it may be.",
};

/** The error reference in Markdown, from the codes, their exit codes, and their statuses over HTTP. */
export function toErrorReference(): string {
  const codes = Object.entries(MEANINGS) as [ErrorCode, string][];
  return [
    "# Errors",
    "Generated from the codes. Every error that Fustor raises on purpose has a code, a sentence that " +
      "names the thing and the fix, and never a stack trace. A stack trace is a bug: please report it.",
    "## Exit codes",
    EXIT_CODES,
    "`start` ends only for faults of the file or its drivers (78) and for a port or home in use (1). " +
      "Whatever may heal by itself, a wrong key included, leaves the pipe `retrying` with its reason, " +
      "which `status` shows.",
    ...codes.flatMap(([code, meaning]) => [
      `## ${code}`,
      meaning,
      `Ends a command with ${String(exitCodeOf(new FustorError(code, "")))}.`,
    ]),
    "## Over HTTP",
    "What is refused has these codes and statuses; see [http-api.md](http-api.md#errors).",
    ["| status | code |", "| --- | --- |", ...httpRows()].join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}

const EXIT_CODES = `| code | means |
| --- | --- |
| 0 | all is well |
| 1 | it failed, and the sentence says why |
| 2 | the command line could not be understood |
| 3 | nothing runs that could be stopped or asked |
| 78 | the configuration is at fault, or a driver it names |`;

function httpRows(): string[] {
  return Object.entries(V2_ERRORS).map(([code, status]) => `| ${String(status)} | \`${code}\` |`);
}
