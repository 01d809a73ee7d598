/** `npm run build`: the package as it is published, in `dist`. */
import { join } from "node:path";
import { buildPackage, ROOT } from "./package.ts";

buildPackage(join(ROOT, "dist"));
