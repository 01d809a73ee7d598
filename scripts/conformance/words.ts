/** The words of the table in the languages of the documents. */
import type { Operation } from "../../src/spec/capabilities.ts";

export interface Words {
  /** Brokers by their kind; one that is not here is called by it. */
  readonly brokers: Readonly<Record<string, string>>;
  /** Heads the column of routes, and that of kinds of orders. */
  readonly api: string;
  readonly order: string;
  /** What each operation is, beside its route, in a language that the route does not say it in. */
  readonly operations?: Readonly<Record<Operation | "push", string>>;
  readonly checks: string;
}

const ENGLISH: Words = {
  brokers: {
    futu: "Futu",
    interactiveBrokers: "Interactive Brokers",
    longport: "Longport",
    tiger: "Tiger",
  },
  api: "API",
  order: "Order",
  checks: "checks passed, of all",
};

const CHINESE: Words = {
  brokers: {
    paper: "模拟 (paper)",
    futu: "富途证券",
    interactiveBrokers: "盈透证券",
    longport: "长桥证券",
    tiger: "老虎证券",
  },
  api: "接口",
  order: "订单",
  operations: {
    ping: "连通",
    quote: "报价快照",
    marketStatus: "市场状态",
    cash: "可用资金",
    positions: "查持仓",
    placeOrder: "下单",
    replaceOrder: "改单",
    cancelOrder: "撤单",
    order: "查单个订单",
    orders: "查订单列表",
    push: "订单变化",
  },
  checks: "通过的检查 / 全部",
};

/** The words for a file: Chinese for `….zh-CN.md`, else English. */
export function wordsFor(file: string): Words {
  return file.endsWith(".zh-CN.md") ? CHINESE : ENGLISH;
}
