/**
 * Under --enable-source-maps each frame of the installed package names a place in src/ at which a call, an await or
 * the source of an iteration stands. JavaScript, since what compiles it on the fly would bring maps of its own.
 */
import { readFileSync } from "node:fs";
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";
import { createKVServer } from "workers-kv-rest/server";

const id = "0123456789abcdef0123456789abcdef";
const apiToken = "token";
const fetch = async () =>
  Response.json({ success: false, errors: [{ code: 10_013, message: "" }] }, { status: 404 });

const failures = {
  "src/client.ts": () => createKV({ accountId: id, apiToken, baseUrl: "http://example.com" }),
  "src/values.ts": () => createKV({ accountId: id, apiToken, fetch }).namespace(id).put("key", 1),
  "src/api.ts": () => createKV({ accountId: id, apiToken, fetch }).namespace(id).put("key", "value"),
  "src/node.ts": () => fromEnv({}),
  "src/server/server.ts": () => createKVServer({ accounts: ["account"] }),
};

/** The stack of what a call fails with. */
async function stackOf(fail) {
  try {
    await fail();
  } catch (error) {
    return error.stack;
  }
  throw new Error("the call that was to fail did not");
}

const begins = /^(new |await )?[\w.#?]+(\(| of )/;
let wrong = 0;
for (const [thrower, fail] of Object.entries(failures)) {
  const stack = await stackOf(fail);
  const frames = [...stack.matchAll(/workers-kv-rest\/((?:dist|src)\/[^:]+):(\d+):(\d+)/g)];
  const places = frames.map(([, file, line, column]) => {
    const source = file.startsWith("src/")
      ? readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").split("\n")
      : [];
    return { file, code: source[line - 1]?.slice(column - 1) ?? "" };
  });
  const isRight = places[0]?.file === thrower && places.every(({ code }) => begins.test(code));
  if (isRight) continue;
  wrong++;
  console.log(`${thrower}:\n${stack}\n`, places);
}
process.exitCode = Math.min(wrong, 1);
