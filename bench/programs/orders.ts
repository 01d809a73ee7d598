/** Memory over many orders: a gateway without a socket, that places as many as it is asked for and says what it holds. */
import { SETUPS } from "../setups.ts";
import { ORDER } from "../stub-broker.ts";
import { loadHouse } from "./house.ts";
import { serveSideChannel } from "./side-channel.ts";

const house = await loadHouse();
const trading = house.createHttpTrading(SETUPS.plain.options(house));
const [caller] = SETUPS.plain.callers;
const url = `http://127.0.0.1/httptrading/api/${caller?.instanceId}/order/place`;
const init = {
  method: "POST",
  headers: { "HT-TOKEN": caller?.token ?? "", "content-type": "application/json" },
  body: JSON.stringify(ORDER),
};

serveSideChannel({}, { place });

/** Places so many, some at a time, and reads every answer. */
async function place(count: number): Promise<void> {
  const batch = 100;
  for (let placed = 0; placed < count; placed += batch) {
    await Promise.all(
      Array.from({ length: Math.min(batch, count - placed) }, async () => {
        const response = await trading.fetch(new Request(url, init));
        if (response.status !== 200) throw new Error(await response.text());
        await response.arrayBuffer();
      }),
    );
  }
}
