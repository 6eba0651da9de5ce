// Errors that nobody caught: how many, and the first line of the last. Not here: errors that a resource did not load,
// which is no fault of a script and reaches only who listens while they travel down.

/** What the server takes, characters. */
const LONGEST = 120;

/** Tells `erred` of each, with its first line, and returns what ends that. */
export function watchErrors(erred: (line: string) => void): () => void {
  const scope = globalThis as unknown as EventTarget;
  const error = (event: Event): void => {
    const { message } = event as ErrorEvent;
    // Not an error but a notice: a layout that settles a frame later. Sent by the browser all the same.
    if (!/^ResizeObserver loop/.test(message)) erred(firstLine(message));
  };
  const rejection = (event: Event): void => erred(firstLine((event as PromiseRejectionEvent).reason));
  scope.addEventListener?.('error', error);
  scope.addEventListener?.('unhandledrejection', rejection);
  return () => {
    scope.removeEventListener?.('error', error);
    scope.removeEventListener?.('unhandledrejection', rejection);
  };
}

/** The first line of an error, or of whatever was thrown; as text that an address can carry. */
export function firstLine(reason: unknown): string {
  let text: string;
  try {
    text = String((reason as Error | null)?.message ?? reason);
  } catch {
    text = typeof reason;
  }
  // The server takes no control characters, and no encoding knows half a character: one may be in the text, or come of the cut.
  return text.trim().split(/[\n\r\u2028\u2029]/)[0]!.slice(0, LONGEST).replace(/[\p{Cc}\p{Cs}]/gu, ' ').trim();
}
