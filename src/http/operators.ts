/** Who may look after the gateway: its own operators, and for a single instance who has a token with the scope `admin`. */
import type { AdminTokenOptions } from "../spec/policy.ts";
import { createTokenTable, PLAIN_PRINCIPAL, type TokenTable } from "./auth.ts";
import type { ServedBroker } from "./served-broker.ts";

/** Someone whose token is good for the routes outside the instances. */
export interface Operator {
  /** The token's name, or `admin` for a plain one. */
  readonly principal: string;
  /** The instances that this token looks after. */
  readonly brokers: readonly ServedBroker[];
  /** True for a token of the gateway's own, whose word is good for all instances at once. */
  readonly ofGateway: boolean;
}

/** Checks tokens of operators. */
export interface Operators {
  /** Who stands behind the value of the token header; `undefined` for everybody who looks after nothing here. */
  check(header: string | null): Operator | undefined;
}

/** What operators are known by. */
export interface OperatorOptions {
  readonly adminTokens: readonly (string | AdminTokenOptions)[];
  readonly brokers: readonly ServedBroker[];
}

/** Every check looks through all tables to the end, so that its time tells nothing about whose a token is. */
export function createOperators({ adminTokens, brokers }: OperatorOptions): Operators {
  const own: TokenTable = createTokenTable(
    adminTokens.map((token) => (typeof token === "string" ? token : { ...token, scopes: ["admin"] })),
    1,
  );
  return {
    check(header) {
      const mandate = own.check(header);
      const found = brokers.flatMap((broker) => {
        const its = broker.tokens.check(header);
        return its?.scopes.includes("admin") ? [{ broker, principal: its.principal }] : [];
      });
      if (mandate !== undefined) {
        const principal = mandate.principal === PLAIN_PRINCIPAL ? "admin" : mandate.principal;
        return { principal, brokers, ofGateway: true };
      }
      const [first] = found;
      if (first === undefined) return undefined;
      return { principal: first.principal, brokers: found.map(({ broker }) => broker), ofGateway: false };
    },
  };
}
