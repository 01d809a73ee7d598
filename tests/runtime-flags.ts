/** The runtimes, with what stands before a program that opens sockets, reads files and loads native modules. */
export const RUNTIMES = {
  node: [],
  bun: [],
  deno: [
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-net=127.0.0.1",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    "--allow-ffi",
  ],
} as const satisfies Record<string, readonly string[]>;
