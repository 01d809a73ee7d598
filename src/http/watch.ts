import type { RequestMeter } from "../observe/metrics.ts";
import type { ObservedRequest } from "../observe/observer.ts";
import { type Done, type Observers, within } from "../observe/observers.ts";

/** A request as it is known before it is worked on. */
type About = Omit<ObservedRequest, "method" | "traceparent" | "tracestate">;

/** Whether anybody counts or watches this request; if not, nothing need be made for it. */
export function isWatched(observers: Observers, meter: RequestMeter | undefined): boolean {
  return meter !== undefined || observers.aroundRequests().length > 0;
}

/** Works on a request while it is counted and watched. `work` must not reject. */
export async function watched(
  observers: Observers,
  meter: RequestMeter | undefined,
  request: Request,
  about: About,
  work: () => Promise<Response>,
): Promise<Response> {
  const begun = performance.now();
  const around = observers.aroundRequests();
  if (around.length === 0) {
    const response = await work();
    meter?.answered(response.status, performance.now() - begun);
    return response;
  }
  const observed: ObservedRequest = {
    ...about,
    method: request.method,
    traceparent: request.headers.get("traceparent"),
    tracestate: request.headers.get("tracestate"),
  };
  const { value } = await within(
    around,
    observed,
    async (): Promise<Done<Response, { status: number; ms: number }>> => {
      const response = await work();
      const result = { status: response.status, ms: performance.now() - begun };
      meter?.answered(result.status, result.ms);
      return { value: response, result };
    },
  );
  return value;
}
