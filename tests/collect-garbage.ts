import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Collects all that nothing holds on to. */
export const collectGarbage = runInNewContext("gc") as () => void;
