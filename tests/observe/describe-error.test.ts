import { expect, test } from "vitest";
import { createScrub } from "../../src/observe/describe-error.ts";

test.each([[["token-1", "token-1-of-two"]], [["token-1-of-two", "token-1"]]])(
  "of secrets that begin alike nothing is left, given as %s",
  (secrets) => {
    const scrub = createScrub(secrets);
    expect(scrub("sent with token-1-of-two and token-1")).toBe("sent with [secret] and [secret]");
  },
);
