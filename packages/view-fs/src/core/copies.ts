/** The entries as they are now. Cheaper than a copy of each, where there are a million. */
export function copyOfMap<K, V>(map: ReadonlyMap<K, V>): Iterable<readonly [K, V]> {
  const keys = [...map.keys()];
  const values = [...map.values()];
  return {
    *[Symbol.iterator]() {
      for (const [i, key] of keys.entries()) yield [key, values[i] as V] as const;
    },
  };
}
