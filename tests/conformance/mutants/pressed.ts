/** Right while all goes well, and wrong about what the venue does not take, does not answer, or breaks off. */
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { altering, type Mutant } from "./mutant.ts";

const isTooFast = (error: unknown): boolean => error instanceof BrokerError && error.code === "RateLimited";

export const pressedMutants: readonly Mutant[] = [
  {
    fault: "takes it for an empty list when the venue says that it was too fast",
    mutate: altering(({ orders }) => ({
      orders: (query, call) =>
        orders(query, call).catch((error: unknown) => {
          if (!isTooFast(error)) throw error;
          return { orders: [], unmapped: [] };
        }),
    })),
    red: ["says that it was too fast when the venue says so, and that nothing was sent"],
  },
];
