/**
 * The token of licences that have one (Hong Kong): an option, or a line of the file in which the vendor's own clients keep it.
 *
 * It ends after thirty days, and at once when somebody takes a new one for the same developer. The vendor's clients watch the
 * file; here it is read again when the login is in doubt.
 */
import { isToken, type TigerConfig } from "./config.ts";
import { readOption } from "./runtime.ts";

export interface Token {
  /** What is sent; `undefined` for licences that have none. */
  value(): string | undefined;
  /** Reads the file, where there is one. @throws TypeError when it cannot be read or holds none; the last one stays then. */
  read(): Promise<void>;
}

export function createToken({ token, tokenFile }: Pick<TigerConfig, "token" | "tokenFile">): Token {
  let value = token;
  return {
    value: () => value,
    async read() {
      if (tokenFile !== undefined) value = tokenIn(await readOption("tokenFile", tokenFile, "token"));
    },
  };
}

/** @throws TypeError when there is none. */
function tokenIn(text: string): string {
  const said = text.replace(/^\s*[#!].*$/gm, "");
  const named = /^\s*token\s*[=:](.*)$/m.exec(said)?.[1] ?? said;
  // Some of the vendor's clients write a sign of the format's own behind a backslash.
  const token = named.trim().replace(/\\(.)/g, "$1");
  if (!isToken(token)) throw new TypeError("the file that tokenFile names holds no token");
  return token;
}
