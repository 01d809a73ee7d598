/** The messages of the long links. Source: the vendor's published protobuf definitions, as far as they are spoken here. */
import protobuf from "protobufjs";

const { root } = protobuf.parse(
  `syntax = "proto3";
message Close { int32 code = 1; string reason = 2; }
message Error { uint64 code = 1; string msg = 2; }
message Heartbeat { int64 timestamp = 1; int32 heartbeat_id = 2; }
message AuthRequest { string token = 1; map<string, string> metadata = 2; }
message ReconnectRequest { string session_id = 1; map<string, string> metadata = 2; }
message SessionResponse { string session_id = 1; int64 expires = 2; uint32 limit = 3; uint32 online = 4; }
message Topics { repeated string topics = 1; }
message Fail { string topic = 1; string reason = 2; }
message TopicsResponse { repeated string success = 1; repeated Fail fail = 2; repeated string current = 3; }
message Notification { string topic = 1; int32 content_type = 2; int32 dispatch_type = 3; bytes data = 4; }
message ProfileRequest { string language = 1; }
message RateLimit { int32 command = 1; int32 limit = 2; int32 burst = 3; }
message ProfileResponse { int64 member_id = 1; string quote_level = 2; int32 subscribe_limit = 3;
  int32 history_candlestick_limit = 4; repeated RateLimit rate_limit = 5; }
message SubscribeRequest { repeated string symbol = 1; repeated int32 sub_type = 2; bool is_first_push = 3; }
message UnsubscribeRequest { repeated string symbol = 1; repeated int32 sub_type = 2; bool unsub_all = 3; }
message Empty {}
message TradePeriod { int32 beg_time = 1; int32 end_time = 2; int32 trade_session = 3; }
message MarketTradePeriod { string market = 1; repeated TradePeriod trade_session = 2; }
message MarketTradePeriodResponse { repeated MarketTradePeriod market_trade_session = 1; }
message MarketTradeDayRequest { string market = 1; string beg_day = 2; string end_day = 3; }
message MarketTradeDayResponse { repeated string trade_day = 1; repeated string half_trade_day = 2; }
message SymbolsRequest { repeated string symbol = 1; }
message StaticInfo { string symbol = 1; string name_cn = 2; string name_en = 3; string name_hk = 4;
  string listing_date = 5; string exchange = 6; string currency = 7; int32 lot_size = 8; int64 total_shares = 9;
  int64 circulating_shares = 10; int64 hk_shares = 11; string eps = 12; string eps_ttm = 13; string bps = 14;
  string dividend_yield = 15; repeated int32 stock_derivatives = 16; string board = 17; }
message StaticInfoResponse { repeated StaticInfo secu_static_info = 1; }
message PrePostQuote { string last_done = 1; int64 timestamp = 2; int64 volume = 3; string turnover = 4;
  string high = 5; string low = 6; string prev_close = 7; }
message SecurityQuote { string symbol = 1; string last_done = 2; string prev_close = 3; string open = 4;
  string high = 5; string low = 6; int64 timestamp = 7; int64 volume = 8; string turnover = 9; int32 trade_status = 10;
  PrePostQuote pre_market_quote = 11; PrePostQuote post_market_quote = 12; PrePostQuote over_night_quote = 13; }
message SecurityQuoteResponse { repeated SecurityQuote secu_quote = 1; }
message PushQuote { string symbol = 1; int64 sequence = 2; string last_done = 3; string open = 4; string high = 5;
  string low = 6; int64 timestamp = 7; int64 volume = 8; string turnover = 9; int32 trade_status = 10;
  int32 trade_session = 11; int64 current_volume = 12; string current_turnover = 13; int32 tag = 14; }`,
  { keepCase: true },
);

/** The name of a message. */
export type MessageName =
  | "Close"
  | "Error"
  | "Heartbeat"
  | "AuthRequest"
  | "ReconnectRequest"
  | "SessionResponse"
  | "Topics"
  | "TopicsResponse"
  | "Notification"
  | "ProfileRequest"
  | "ProfileResponse"
  | "SubscribeRequest"
  | "UnsubscribeRequest"
  | "Empty"
  | "MarketTradePeriodResponse"
  | "MarketTradeDayRequest"
  | "MarketTradeDayResponse"
  | "SymbolsRequest"
  | "StaticInfoResponse"
  | "SecurityQuoteResponse"
  | "PushQuote";

/** Writes a message. 64-bit numbers may be given as numbers. */
export function encode(name: MessageName, message: Readonly<Record<string, unknown>>): Uint8Array {
  const type = root.lookupType(name);
  return type.encode(type.fromObject(message)).finish();
}

/**
 * Reads a message: every field is there, 64-bit numbers as decimal text.
 * @throws when the bytes are no such message.
 */
export function decode(name: MessageName, body: Uint8Array): unknown {
  const type = root.lookupType(name);
  return type.toObject(type.decode(body), { longs: String, arrays: true, objects: true, defaults: true });
}
