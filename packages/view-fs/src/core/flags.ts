/** Bits of a node's flags: something is kept of it beside the tree. Without any it is a plain node. */
export const DOUBTED = 1;
export const SUSPECT = 2;
export const BLIND = 4;
export const HELD = 8;
/** Other evidence than the last speaks for it. */
export const HEARD = 16;
