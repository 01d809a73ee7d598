/** The order that is placed under each runtime: it rests below the market. */
export const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  price: 100,
  qty: 12,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  direction: "BUY",
};
