/** The requests OpenD serves, as checked data: only what the simulator looks at. 64-bit numbers are decimal text. */
import * as v from "valibot";

const integer = v.pipe(v.number(), v.integer());
const id = v.pipe(v.string(), v.regex(/^\d+$/));
const packetID = v.object({ connID: id, serialNo: integer });
const header = v.object({ trdEnv: integer, accID: id, trdMarket: integer });

const filterConditions = v.object({
  codeList: v.optional(v.array(v.string()), []),
  idList: v.optional(v.array(id), []),
  orderIDExList: v.optional(v.array(v.string()), []),
  beginTime: v.optional(v.string(), ""),
  endTime: v.optional(v.string(), ""),
  filterMarket: v.optional(integer, 0),
});

const securities = v.object({ securityList: v.array(v.object({ market: integer, code: v.string() })) });

export const requests = {
  initWebSocket: v.object({ websocketKey: v.optional(v.string(), "") }),
  initConnect: v.object({
    clientVer: integer,
    clientID: v.string(),
    recvNotify: v.optional(v.boolean(), false),
    packetEncAlgo: v.optional(integer, 0),
    pushProtoFmt: v.optional(integer, 0),
  }),
  accList: v.object({ trdCategory: v.optional(integer, 0) }),
  unlock: v.object({ unlock: v.boolean(), pwdMD5: v.optional(v.string(), ""), securityFirm: v.optional(integer, 0) }),
  subAccPush: v.object({ accIDList: v.array(id) }),
  funds: v.object({ header, refreshCache: v.optional(v.boolean(), false), currency: v.optional(integer, 0) }),
  positions: v.object({
    header,
    filterConditions: v.optional(filterConditions, {}),
    refreshCache: v.optional(v.boolean(), false),
  }),
  orders: v.object({
    header,
    filterConditions: v.optional(filterConditions, {}),
    filterStatusList: v.array(integer),
    refreshCache: v.optional(v.boolean(), false),
  }),
  place: v.object({
    packetID,
    header,
    trdSide: integer,
    orderType: integer,
    code: v.string(),
    qty: v.number(),
    price: v.optional(v.number()),
    secMarket: v.optional(integer, 0),
    remark: v.optional(v.string(), ""),
    timeInForce: v.optional(integer, 0),
    fillOutsideRTH: v.optional(v.boolean(), false),
    session: v.optional(integer, 0),
  }),
  modify: v.object({
    packetID,
    header,
    orderID: id,
    modifyOrderOp: integer,
    forAll: v.optional(v.boolean(), false),
    trdMarket: v.optional(integer, 0),
    qty: v.optional(v.number()),
    price: v.optional(v.number()),
    orderIDEx: v.optional(v.string(), ""),
  }),
  securities,
} as const;

/** `TrdHeader`. */
export type Header = v.InferOutput<typeof header>;
/** `TrdFilterConditions`. */
export type FilterConditions = v.InferOutput<typeof filterConditions>;
/** `PacketID`. */
export type PacketId = v.InferOutput<typeof packetID>;
export type PlaceRequest = v.InferOutput<typeof requests.place>;
export type ModifyRequest = v.InferOutput<typeof requests.modify>;
