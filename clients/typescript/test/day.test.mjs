// A customer's day against a running server: its address and key come from the environment.
import assert from "node:assert/strict";
import test from "node:test";
import { done, pages, Refused, zhenyan } from "../dist/index.js";

const { ZHENYAN_SERVER: address, ZHENYAN_KEY: key } = process.env;
const passport = { id: "P-1", name: "充电器", category: "electronics/charger" };

test("a customer gets through a day with it", async () => {
  const api = zhenyan(address, key);
  const path = { product_id: "P-1" };
  const stored = await done(api.PUT("/v1/passports/{product_id}", { params: { path }, body: passport }));
  assert.equal(stored.number, 1);
  const lines = [passport, { ...passport, id: "P-2" }, { id: "P-3" }].map((one) => JSON.stringify(one)).join("\n");
  const batch = await done(
    api.POST("/v1/passports:batch", {
      body: lines,
      bodySerializer: (body) => body,
      headers: { "Content-Type": "application/x-ndjson" },
    }),
  );
  assert.deepEqual(batch.rows.map((row) => row.status), ["unchanged", "stored", "refused"]);
  const ids = [];
  const page = (after) => done(api.GET("/v1/passports", { params: { query: { limit: 1, after } } }));
  for await (const each of pages(page, (found) => found.passports)) ids.push(each.product_id);
  assert.deepEqual(ids, ["P-1", "P-2"]);
  const stream = await done(
    api.POST("/v1/streams", {
      params: { header: { "Idempotency-Key": "day" } },
      body: { url: "http://127.0.0.1:8080/live.m3u8", host: { id: "anchor-7" }, products: ["P-1"] },
    }),
  );
  assert.equal(stream.wanted, "run");
  const words = await done(api.POST("/v1/words", { body: { kind: "watch", word: "老铁" } }));
  assert.equal(words.words[0].word, "老铁");
  const stopped = await done(
    api.DELETE("/v1/streams/{stream_id}", { params: { path: { stream_id: stream.stream_id } } }),
  );
  assert.equal(stopped.wanted, "stop");
});

test("what is refused says why", async () => {
  const api = zhenyan(address, key);
  const refused = done(
    api.PUT("/v1/passports/{product_id}", { params: { path: { product_id: "P-9" } }, body: { id: "P-9" } }),
  );
  await assert.rejects(refused, (error) => {
    assert(error instanceof Refused);
    assert.deepEqual([error.status, error.code], [422, "form"]);
    assert(error.errors.some((one) => one.path === "name"));
    return true;
  });
  await assert.rejects(done(zhenyan(address, "zy_none").GET("/v1/streams")), { code: "key_refused" });
});

test("what is busy is tried again after as long as it says", async () => {
  const waits = [];
  const fails = [503, 429];
  const busy = (status) =>
    new Response(JSON.stringify({ detail: "not now", code: "x" }), { status, headers: { "Retry-After": "7" } });
  const api = zhenyan(address, key, {
    fetch: (request) => (fails.length ? Promise.resolve(busy(fails.shift())) : fetch(request)),
    sleep: async (ms) => void waits.push(ms),
  });
  assert.equal((await done(api.GET("/v1/streams"))).streams.length, 1);
  assert.deepEqual(waits, [7000, 7000]);
});
