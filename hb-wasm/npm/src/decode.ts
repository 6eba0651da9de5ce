// A module from the text that build.mjs made of it. Not here: which module.

/** The bytes of a text that `encode` of build.mjs made. */
export function decode(text: string): BufferSource {
  const decoded = new Uint8Array(text.length);
  let length = 0;
  let mark = 0;
  const index = (at: number): number => {
    const code = text.charCodeAt(at);
    return code - 37 - +(code > 92) - +(code > 96);
  };
  const offset = index(0);
  for (let at = 1; at < text.length; at++) {
    const value = index(at);
    if (value < 0) {
      mark = (value + 3) * 88;
    } else {
      decoded[length++] = mark + value - offset;
      mark = 0;
    }
  }
  return decoded.subarray(0, length);
}
