/**
 * The packer of our sessions. It is loaded in the process of a source, so that its rows leave that
 * process in the form in which Fusion reads them, and nobody between has to.
 */
export { packMessages as pack } from "@fustor/protocol";
