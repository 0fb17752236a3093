import type { AgentConsoleStatus, DriverForm, LogLine } from "../../agent-api.js";
import { ask } from "../shared/api.js";

export function readStatus(signal?: AbortSignal): Promise<AgentConsoleStatus> {
  return ask("/api/status", { signal });
}

/** The lines that came after one, the oldest first. */
export async function readLog(after: number, signal?: AbortSignal): Promise<readonly LogLine[]> {
  return (await ask<{ lines: readonly LogLine[] }>("/api/log", { params: { after }, signal }))
    .lines;
}

export async function listForms(signal?: AbortSignal): Promise<readonly DriverForm[]> {
  return (await ask<{ drivers: readonly DriverForm[] }>("/api/drivers", { signal })).drivers;
}

export type PipeAction = "pause" | "resume" | "rescan";

export function actOnPipe(id: string, action: PipeAction): Promise<void> {
  return ask(`/api/v1/pipes/${encodeURIComponent(id)}/${action}`, { method: "POST", body: {} });
}

export function reload(): Promise<void> {
  return ask("/api/v1/reload", { method: "POST", body: {} });
}
