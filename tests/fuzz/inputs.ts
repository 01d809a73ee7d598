/** Inputs in their written form: JSON, with bytes as `{"hex":"…"}`. */

export function writeInput(input: unknown): string {
  return JSON.stringify(input, (_key, value: unknown) =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value,
  );
}

/** Reads what {@link writeInput} wrote; whoever keeps an input knows which target it is of. */
export function readInput<Input>(text: string): Input {
  return JSON.parse(text, (_key, value: unknown) => (isHex(value) ? bytesOf(value.hex) : value));
}

function isHex(value: unknown): value is { readonly hex: string } {
  return typeof value === "object" && value !== null && "hex" in value && typeof value.hex === "string";
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
