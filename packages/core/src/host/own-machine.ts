import { BlockList, isIP } from "node:net";

/** The two ends of a connection, as a socket of Node.js names them. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether a connection begins on this machine: what a request says of itself anybody can write, but
 * the kernel lets nobody answer for an address of ours. A proxy on this machine makes everybody
 * seem to be here.
 */
export function isFromOwnMachine({ remoteAddress = "", localAddress }: Ends): boolean {
  const family = isIP(remoteAddress);
  if (family === 0) return false;
  return (
    LOOPBACK.check(remoteAddress, family === 4 ? "ipv4" : "ipv6") || remoteAddress === localAddress
  );
}
