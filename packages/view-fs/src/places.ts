/**
 * A path that has a value, or that lies on the way to one. Together they are a tree of names, so
 * that all values on the way to a path are found in one pass, however deep it is.
 */
export class Place<T> {
  readonly name: string;
  readonly parent: Place<T> | undefined;
  readonly below = new Map<string, Place<T>>();
  value: T | undefined = undefined;

  constructor(name: string, parent: Place<T> | undefined) {
    this.name = name;
    this.parent = parent;
  }
}

/** The places from below `root` down to `path`, as far as there are any. */
export function* placesTo<T>(root: Place<T>, path: string): Generator<Place<T>> {
  let place: Place<T> | undefined = root;
  for (let start = 1; start < path.length;) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    place = place.below.get(path.slice(start, end));
    if (place === undefined) return;
    yield place;
    start = end + 1;
  }
}

/** The place of `path`, if it has a value or something below it does. */
export function findPlace<T>(root: Place<T>, path: string): Place<T> | undefined {
  let place: Place<T> | undefined = root;
  for (let start = 1; start < path.length && place !== undefined;) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    place = place.below.get(path.slice(start, end));
    start = end + 1;
  }
  return place;
}

/** The place of `path`, made if need be. */
export function makePlace<T>(root: Place<T>, path: string): Place<T> {
  let place = root;
  if (path === "/") return place;
  for (const name of path.slice(1).split("/")) {
    let next = place.below.get(name);
    if (next === undefined) {
      next = new Place(name, place);
      place.below.set(name, next);
    }
    place = next;
  }
  return place;
}

/** Takes away a place's value, and the places that led to nothing else. */
export function clearPlace<T>(place: Place<T>): void {
  place.value = undefined;
  for (let at = place; at.parent !== undefined; at = at.parent) {
    if (at.value !== undefined || at.below.size > 0) return;
    at.parent.below.delete(at.name);
  }
}

/** The path of a place. */
export function pathOfPlace<T>(place: Place<T>): string {
  const names: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) names.push(at.name);
  return `/${names.reverse().join("/")}`;
}
