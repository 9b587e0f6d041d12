/** For Node, Bun and Deno. */
import { createRequire } from "node:module";
import { createKV } from "workers-kv-rest";
import { type Outcome, type Place, runSuite } from "./suite.ts";

/** Whether CommonJS gets the same module as `import` does. */
function require(): Outcome {
  const name = "The package can be required";
  const required = createRequire(import.meta.url)("workers-kv-rest") as { createKV: unknown };
  return required.createKV === createKV ? { name } : { name, error: "require gives another createKV" };
}

const place = JSON.parse(process.env["PLACE"]!) as Place;
console.log(JSON.stringify([require(), ...(await runSuite(place))]));
