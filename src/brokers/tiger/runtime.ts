/**
 * What Bun, Deno and Node have besides the web's standards: files and TCP sockets. Asked for when needed, so that a bundle
 * for a worker names no module that it lacks.
 *
 * The few members that are used are written out here: the types of one runtime would reach everybody who imports this.
 */

/** A TCP or TLS socket. */
export interface Socket {
  on(event: "data", listener: (bytes: Uint8Array) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "close" | "connect" | "secureConnect", listener: () => void): this;
  write(bytes: Uint8Array): boolean;
  setNoDelay(on: boolean): unknown;
  destroy(): unknown;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface TlsAddress extends Address {
  readonly servername?: string;
  readonly ca?: string;
  readonly rejectUnauthorized?: boolean;
}

interface Modules {
  readonly "node:fs/promises": { readFile(path: string, encoding: "utf8"): Promise<string> };
  readonly "node:net": { connect(address: Address): Socket };
  readonly "node:tls": { connect(address: TlsAddress): Socket };
}

interface Host {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/** A module of the runtime's own; `undefined` where there is none. */
export function builtin<M extends keyof Modules>(name: M): Modules[M] | undefined {
  const { navigator, process } = globalThis as Host;
  // With its compatibility flag a worker has these modules too, but no socket of it outlives the request that opened it.
  if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
  return process?.getBuiltinModule?.(name) as Modules[M] | undefined;
}

/**
 * The text of the file that an option names.
 *
 * @throws TypeError without the path: where the runtime has no files, what to give instead.
 */
export async function readOption(option: string, path: string, instead: string): Promise<string> {
  const files = builtin("node:fs/promises");
  if (files === undefined) throw new TypeError(`this runtime has no files: give ${instead} instead of ${option}`);
  return files.readFile(path, "utf8").catch((error: unknown) => {
    throw new TypeError(`${option} cannot be read: ${(error as { code?: string }).code ?? "unknown reason"}`);
  });
}

/** True where connections to the push service can be kept. */
export function hasSockets(): boolean {
  return builtin("node:net") !== undefined && builtin("node:tls") !== undefined;
}
