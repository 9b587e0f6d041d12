/** What may go wrong on a server, checked: it may come from a file. */
import { errors } from "../../generated/requests.ts";
import { operations } from "../schema.ts";
import { type FaultOptions, faults } from "./faults.ts";

/** A server's bad days. All of it can stand in a JSON file, save faults of one's own. */
export interface ServerFaults extends FaultOptions {
  /**
   * For how long, in ms, a write is not seen at most: a read gives what was there before, also nothing. The
   * service has 60_000 and more. @default 0
   */
  readLag?: number | undefined;
  /**
   * How long after a write, in ms, its key may be written again; before, 429 or an unsuccessful key of a bulk
   * operation. The service has 1_000. @default 0
   */
  keyWriteInterval?: number | undefined;
}

type Check = (value: unknown, name: string) => void;

function fail(name: string, must: string): never {
  throw new TypeError(`faults${name === "" ? "" : `: ${name}`} must be ${must}`);
}

const numberFrom =
  (least: number, most = Infinity): Check =>
  (value, name) => {
    if (typeof value === "number" && value >= least && value <= most) return;
    fail(name, most === Infinity ? `a number from ${least}` : `a number from ${least} to ${most}`);
  };

const oneOf =
  (choices: readonly string[]): Check =>
  (value, name) => {
    if (!choices.includes(value as string)) fail(name, `one of ${choices.join(", ")}`);
  };

const listOf =
  (check: Check): Check =>
  (value, name) => {
    if (!Array.isArray(value)) fail(name, "a list");
    value.forEach((item: unknown, i) => check(item, `${name}[${i}]`));
  };

/** An object of no other properties than those that have a check, none of which need be there. */
const objectOf =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, name) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(name, "an object");
    for (const [property, inner] of Object.entries(value)) {
      const path = name === "" ? property : `${name}.${property}`;
      const check = Object.hasOwn(checks, property) ? checks[property] : undefined;
      if (!check) fail(path, `left out: there are ${Object.keys(checks).join(", ")}`);
      if (inner !== undefined) check(inner, path);
    }
  };

const latency: Check = (value, name) => {
  if (!Array.isArray(value)) return numberFrom(0)(value, name);
  listOf(numberFrom(0))(value, name);
  const [least, most] = value as number[];
  if (value.length !== 2 || least! > most!) fail(name, "a number, or the least and the most in a list");
};

const what: Check = (value, name) => {
  if (typeof value === "function") return;
  if (typeof value === "number") return numberFrom(200, 599)(value, name);
  oneOf([...Object.keys(faults), ...Object.keys(errors)])(value, name);
};

const headers: Check = (value, name) => {
  objectOf(Object.fromEntries(Object.keys(value ?? {}).map((each) => [each, () => {}])))(value, name);
  try {
    Array.from(new Headers(value as Record<string, string>));
  } catch {
    fail(name, "an object of headers");
  }
};

const rate: Check = (value, name) => {
  const checks = {
    share: numberFrom(0, 1),
    what,
    headers,
    operations: listOf(oneOf(Object.keys(operations))),
  };
  objectOf(checks)(value, name);
  for (const due of ["share", "what"]) {
    if (!Object.hasOwn(value as object, due)) fail(`${name}.${due}`, "given");
  }
};

const requestLimit: Check = (value, name) => {
  if (typeof value === "boolean") return;
  objectOf({ requests: numberFrom(1), window: numberFrom(1), block: numberFrom(0) })(value, name);
};

const checkAll = objectOf({
  seed: numberFrom(0),
  latency,
  rates: listOf(rate),
  mostInARow: numberFrom(0),
  requestLimit,
  readLag: numberFrom(0),
  keyWriteInterval: numberFrom(0),
});

/** @throws {TypeError} that names the property that is not what it must be */
export function checkFaults(given: unknown): asserts given is ServerFaults | undefined {
  if (given !== undefined) checkAll(given, "");
}
