/** The envelope of the gateway's answers, as plainly as it can be made. */
export function envelope(instanceId: string, fields: object): object {
  const time = new Date().toISOString();
  return { type: "apiResponse", instanceId, broker: "stub", brokerDisplay: "Stub", time, ex: null, ...fields };
}
