/** Who may live in a home: at most one process of each. */
export type App = "agent" | "fusion";

/** What an app is called in a sentence, and at the start of one. */
export const APP_WORDS = {
  agent: { noun: "agent", subject: "The agent" },
  fusion: { noun: "Fusion", subject: "Fusion" },
} as const satisfies Record<App, { readonly noun: string; readonly subject: string }>;
