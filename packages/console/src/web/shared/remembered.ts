/** What this browser keeps between two visits. Where it may not keep anything, nothing is kept. */

const PREFIX = "fustor.";

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // A private window, or a full store: the choice holds until the page is closed.
  }
}

export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}
