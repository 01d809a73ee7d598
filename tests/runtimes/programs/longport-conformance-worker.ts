/** The conformance suite in a Durable Object, against simulators of a host at the URL in HOST; answers the results. */
import { runConformance } from "../../../src/testing/index.ts";
import { longportStage } from "../../conformance/stages/longport.ts";

interface Environment {
  readonly HOST: string;
  readonly SUITE: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export class Suite {
  readonly #host: string;

  constructor(_state: unknown, { HOST: host }: Environment) {
    this.#host = host;
  }

  async fetch(): Promise<Response> {
    return Response.json(await runConformance(longportStage("web", this.#host)));
  }
}

export default {
  fetch: (request: Request, { SUITE: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName("suite")).fetch(request),
};
