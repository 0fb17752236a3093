import type { Browser, Page } from "playwright-core";

/** A browser; each of its contexts knows nothing of the others. */
export function openBrowser(): Promise<Browser>;

/** All pages of both consoles, by the names of their pictures. */
export const FUSION_PAGES: Readonly<Record<string, string>>;
export const AGENT_PAGES: Readonly<Record<string, string>>;

/** Logs a page in as the link that `fustor up` prints does, and waits until it shows something. */
export function logIn(page: Page, endpoint: string, key: string): Promise<void>;
