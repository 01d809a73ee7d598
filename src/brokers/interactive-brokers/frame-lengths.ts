/**
 * The lengths in the stream of TWS, looked at before the SDK reads them.
 *
 * A file of its own beside `link.ts`: pure bytes, nothing of the connection.
 */

const LENGTH_BYTES = 4;
/** The vendor's clients take no longer message. */
const LONGEST = 0xff_ffff;

/** Follows a stream from its beginning, piece by piece; false from the first length on that no message has. */
export function createLengthCheck(): (piece: Uint8Array) => boolean {
  /** Of the length that is being read: so many bytes of it, and what they say. */
  let digits = 0;
  let length = 0;
  /** Bytes of the message that are still to come. */
  let left = 0;
  return (piece) => {
    for (let at = 0; at < piece.length; ) {
      if (left > 0) {
        const skipped = Math.min(left, piece.length - at);
        left -= skipped;
        at += skipped;
        continue;
      }
      length = length * 256 + (piece[at] ?? 0);
      digits += 1;
      at += 1;
      if (digits < LENGTH_BYTES) continue;
      if (length > LONGEST) return false;
      left = length;
      digits = 0;
      length = 0;
    }
    return true;
  };
}
