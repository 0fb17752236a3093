import { readdir, readFile } from "node:fs/promises";

/** One look at a process. */
export interface Reading {
  readonly minute: number;
  readonly rssMb: number;
  readonly fds: number;
}

/** How fast something grows, per minute. */
export interface Slopes {
  readonly rssMbPerMinute: number;
  /**
   * From the least that was open in the first half to the least in the second: connections come and
   * go by the dozen, and what leaks is open at any time.
   */
  readonly fdsPerMinute: number;
  readonly readings: number;
}

/** Undefined when the process is gone. */
export async function readProcess(pid: number, minute: number): Promise<Reading | undefined> {
  try {
    const at = `/proc/${String(pid)}`;
    const [status, fds] = await Promise.all([
      readFile(`${at}/status`, "utf8"),
      readdir(`${at}/fd`),
    ]);
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
    if (Number.isNaN(kilobytes)) return undefined;
    return { minute, rssMb: kilobytes / 1024, fds: fds.length };
  } catch {
    return undefined;
  }
}

/** Memory by least squares. */
export function slopesOf(readings: readonly Reading[]): Slopes {
  return {
    rssMbPerMinute: slopeOf(readings.map(({ minute, rssMb }) => [minute, rssMb])),
    fdsPerMinute: growthOfLeast(readings),
    readings: readings.length,
  };
}

function growthOfLeast(readings: readonly Reading[]): number {
  const middle = Math.floor(readings.length / 2);
  const [first, second] = [readings.slice(0, middle), readings.slice(middle)];
  const least = (half: readonly Reading[]): number => Math.min(...half.map(({ fds }) => fds));
  const minutes = (second[0]?.minute ?? 0) - (first[0]?.minute ?? 0);
  return minutes === 0 ? 0 : (least(second) - least(first)) / minutes;
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
