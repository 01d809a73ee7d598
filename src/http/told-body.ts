/**
 * The same answer of an API of one's own. What its body breaks off with is told to `report`, and to no client: a server
 * may write the error's own words into the answer or onto the console.
 */
export function withToldBody(answer: Response, report: (error: unknown) => void): Response {
  return withBreak(answer, (error) => {
    report(error);
    throw new Error("internal error");
  });
}

/** The same answer, whose body breaks off with what `brokeOff` throws. */
export function withBreak(answer: Response, brokeOff: (error: unknown) => never | Promise<never>): Response {
  const { body, status, statusText, headers } = answer;
  if (body === null) return answer;
  const reader = body.getReader();
  const told = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch(brokeOff);
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(told, { status, statusText, headers });
}
