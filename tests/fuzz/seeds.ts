/** What fuzzing once found, tried again before anything else. `found` says what was wrong. */

export interface Seed {
  readonly target: string;
  /** The seed that led to it. */
  readonly seed: number;
  /** The smallest input, in the form in which a failure prints it. */
  readonly input: string;
  readonly found: string;
}

const LONGPORT_ORDER =
  '{\\"order_id\\":\\"740960000000006577\\",\\"status\\":\\"NewStatus\\",\\"executed_quantity\\":-1,\\"executed_price\\":\\"0\\",\\"side\\":\\"Buy\\",\\"symbol\\":\\"AAPL.US\\",\\"order_type\\":\\"LO\\",\\"quantity\\":\\"20\\",\\"price\\":\\"191\\"}';
const TIGER_ITEM =
  '{\\"id\\":42560000000000430,\\"symbol\\":\\"AAPL\\",\\"market\\":\\"US\\",\\"action\\":\\"BUY\\",\\"totalQuantity\\":20,\\"totalQuantityScale\\":-5e-324,\\"status\\":\\"Submitted\\"}';
const TWS_LOGIN =
  "000000213139330032303235303532382031303a33303a30302055532f4561737465726e000000000f313500310044553132333435363700000000063900310031 00".replace(
    " ",
    "",
  );

export const SEEDS: readonly Seed[] = [
  {
    target: "texts",
    seed: 1,
    input: JSON.stringify({ reader: "body", text: `{${Array(200).fill('"name":1e400').join(",")}}` }),
    found: "a fault was told for every repeated name, with its whole path: a body of 69 KB became 66 MB",
  },
  {
    target: "http-socket",
    seed: 1,
    input:
      '[{"hex":"504f5354202f6874747074726164696e672f6170692f66757a7a6564496e7374616e636530303030312f6f726465722f706c61636520485454502f312e310d0a486f73743a203132372e302e302e310d0a48542d544f4b454e3a2066757a7a6564546f6b656e3030303030303030310d0a436f6e74656e742d547970653a206170706c69636174696f6e2f6a736f6e0d0a436f6e74656e742d4c656e6774683a203135320d0a0d0a7b22747261646554797065223a2253656375726974696573222c22726567696f6e223a225553222c2273796d626f6c223a224141504c222c227072696365223a3130302c22717479223a312c226f7264657254797065223a224c696d6974222c2274696d65496e466f726365223a22444159222c226c6966656379636c65223a22525448222c22646972656374696f6e223a22425559227d47474554202f2048"}]',
    found: "an order that was placed was answered 400, since bytes that are no request came behind it",
  },
  {
    target: "http-socket",
    seed: 7000,
    input:
      '[{"hex":"504f5354202f6874747074726164696e672f6170692f66757a7a6564496e7374616e636530303030312f6f726465722f63616e63656c20485454502f312e310d0a486f73743a203932372e302e302e310d0a48542d544f4b454e3a2066757a7a6564546f6b656e3030303030303030310d0a436f6e74656e742d547970653a206170706c69636174696f6e2f6a736f6e0d0a436f6e74656e742d4c656e6774683a2031350d0a0d0a7b226f726465724964223a2231227d"}]',
    found: "a host that no URL has was an internal error, and an unknown outcome for a write that never was read",
  },
  {
    target: "futu-frames",
    seed: 2,
    input:
      '{"name":"Trd_GetOrderList","frame":{"hex":"66742d76312e300000000899000000000000000f000000000000000000000000000000000000000000000000080022d5010a09080010c7cbd201180212c701080110011805209dedeeebfffcfcbb0f2a0e323030303030303030303030303132044141504c3a054170706c654100000000000024800040490000000000c067405217323032352d30352d32382031303a33303a30302e3036385a17323032352d30352d32382031303a33303a30302e3036386100000000000000006900000000000000007200780281011d5a047ac70dda4189011d5a047ac70dda4192011a6874616161616161616161616161616161616161616161616161980100a00100c80102d00102d80101"}}',
    found: "an order with a quantity below 0, and in the same way infinite ones",
  },
  {
    target: "interactive-brokers",
    seed: 1,
    input: `[{"hex":"${TWS_LOGIN}fffffffc00"}]`,
    found: "the vendor's decoder read the same bytes for ever after a length below 0",
  },
  {
    target: "interactive-brokers",
    seed: 1,
    input: `[{"hex":"${TWS_LOGIN}000000103734003100803930303030303030310 0"}]`.replace(" ", ""),
    found: "the end of the account's values with NaN for the number of its request",
  },
  {
    target: "longport-link",
    seed: 1,
    input: '{"hex":"23120000021f8b"}',
    found: "a body that cannot be unpacked ended in a TypeError",
  },
  {
    target: "longport-http",
    seed: 1,
    input:
      '{"method":"PUT","path":"/v1/trade/order","status":200,"text":"{\\"code\\":null,\\"message\\":\\"success\\",\\"data\\":{}}"}',
    found: "a write was taken for accepted, though the answer had no code",
  },
  {
    target: "longport-http",
    seed: 1,
    input: `{"method":"GET","path":"/v1/trade/order","status":200,"text":"{\\"code\\":0,\\"data\\":${LONGPORT_ORDER}}"}`,
    found: "an order with a filled quantity below 0",
  },
  {
    target: "tiger-push",
    seed: 3,
    input:
      '[{"hex":"9e01080718002a970108083a920108ffd189b0d0b6868801120835303139303030311a044141504c4a03425559520255535a035553446a0353544b72034c4d5480018a0c88010290010aa1010000000000c86740a9010000000000e06740c201095375626d6974746564d80101a002c0a4b3baf132b2021a6874616161616161616161616161616161616161616161616161da0203444159e002c0a4b3baf132"}]',
    found: "a pushed order with a negative id: pushes did not pass the schema of listed orders",
  },
  {
    target: "tiger-http",
    seed: 2,
    input: `{"method":"active_orders","status":200,"text":"{\\"code\\":0,\\"data\\":{\\"items\\":[${TIGER_ITEM}]},\\"sign\\":\\"x\\"}"}`,
    found: "a quantity of NaN, from a scale that is no number of digits",
  },
  {
    target: "journal",
    seed: 1,
    input:
      '{"row":2,"body":"{\\"kind\\":\\"intent\\",\\"id\\":\\"b\\",\\"instance\\":\\"0f3a9c5d7b1e2468\\",\\"at\\":1}"}',
    found: "a damaged row counted as an intent that asked for nothing, which the desk falls over at its start",
  },
];
