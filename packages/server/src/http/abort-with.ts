/** Aborts the controller when the signal does, until the answer is called. */
export function abortWith(controller: AbortController, signal: AbortSignal): () => void {
  const abort = (): void => {
    controller.abort();
  };
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  return () => {
    signal.removeEventListener("abort", abort);
  };
}
