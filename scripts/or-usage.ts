/** A script that is asked for what it does not do: it says how it is used, does nothing and ends with 2. */
import process from "node:process";

const EXIT_USAGE = 2;

/**
 * What `read` makes of the arguments; `undefined` where it throws a TypeError, as `parseArgs` does at arguments that there are
 * not, which is then told with `help`.
 */
export function orUsage<Asked>(help: string, read: () => Asked): Asked | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = EXIT_USAGE;
    return undefined;
  }
}
