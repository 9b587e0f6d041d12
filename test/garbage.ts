/** Garbage collection when a test asks for it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects so many times, or until it is done. */
export async function collectGarbage(times: number, isDone?: () => boolean): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < times; i++) {
    if (isDone?.()) return;
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
