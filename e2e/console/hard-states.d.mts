import type { Page } from "playwright-core";

export interface HardState {
  readonly at?: "agent";
  readonly page: string;
  readonly later?: boolean;
  readonly press?: string;
  readonly answers: Readonly<Record<string, unknown>>;
}

export const HARD_STATES: Readonly<Record<string, HardState>>;

/** From now on the calls of a page are answered as a hard state says. */
export function answerAs(page: Page, answers: HardState["answers"]): Promise<void>;

/** Shows a hard state of the consoles at these addresses. `page.unrouteAll` ends it. */
export function showHardState(
  page: Page,
  state: HardState,
  consoles: { readonly fusion: string; readonly agent: string },
): Promise<void>;
