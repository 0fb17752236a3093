import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

/** Where the user is: every page, filter and selection has an address that can be sent to others. */
export const place = signal(new URL(location.href));

addEventListener("popstate", () => {
  place.value = new URL(location.href);
});

export type Params = Readonly<Record<string, string | undefined>>;

/** An address of this console. Parameters that are undefined or empty are left out. */
export function addressOf(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") search.set(name, value);
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Goes to an address; with `replace` the one before is forgotten, as for each letter of a search. */
export function go(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  place.value = new URL(location.href);
}

/** Changes some parameters of where the user is. */
export function adjust(params: Params, options?: { readonly replace?: boolean }): void {
  const { pathname, searchParams } = place.peek();
  go(addressOf(pathname, { ...Object.fromEntries(searchParams), ...params }), options);
}

/** A parameter of where the user is; empty when there is none. */
export function param(name: string): string {
  return place.value.searchParams.get(name) ?? "";
}

interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
  readonly title?: string;
}

/** A link that works like any other, but without loading the page again. */
export function Link({ to, children, current = false, ...rest }: LinkProps) {
  return (
    <a
      href={to}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        const isOrdinary =
          event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
        if (!isOrdinary) return;
        event.preventDefault();
        go(to);
      }}
      {...rest}
    >
      {children}
    </a>
  );
}
