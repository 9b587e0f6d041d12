/** Deleting the keys of a file. */
import { KVBulkError } from "../index.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { inputName, isReadOnce, readFileOf } from "./file-input.ts";
import { decodeKey } from "./formats.ts";
import type { Job } from "./job.ts";
import { LineFile } from "./line-file.ts";
import type { ChosenNamespace } from "./namespaces.ts";
import { warn } from "./output.ts";
import { counted, quoted } from "./quantities.ts";

/** Resolves with how many were deleted. What was not is in a file that `wkv bulk delete` takes. */
export async function deleteKeys(
  { id, handle }: ChosenNamespace,
  path: string,
  options: Job & { total?: number | undefined; concurrency?: number | undefined },
): Promise<number> {
  const { progress, interruption, total, concurrency } = options;
  progress.begin({ verb: "deleting", total });
  const base = isReadOnce(path) ? `wkv-from-${id.slice(0, 8)}` : path;
  const failed = new LineFile(`${base}.failed.ndjson`, { isOwn: true });
  async function* keys(): AsyncGenerator<string, void, undefined> {
    try {
      for await (const key of readFileOf(path, decodeKey, interruption)) {
        yield key;
        if (interruption.isRequested) return;
      }
    } catch (error) {
      // What was read is still deleted.
      if (!interruption.isCauseOf(error)) throw error;
    }
  }
  let before = 0;
  try {
    const { succeeded } = await handle.bulkDelete(keys(), {
      concurrency,
      onProgress({ succeeded: now }) {
        progress.add(now - before, 0);
        before = now;
      },
      onFailure({ key, error }) {
        if (failed.count < 10)
          warn(`not deleted: ${quoted(key)}: ${error?.message ?? "the service did not do it"}`);
        failed.add(JSON.stringify(key));
      },
    });
    return succeeded;
  } catch (error) {
    if (!(error instanceof KVBulkError)) throw error;
    const isEnded = error.unsuccessfulKeys.length + error.rejected.length > failed.count;
    if (isEnded || failed.count === 0) throw error.cause ?? error;
    const what = `${counted(failed.count, "key was", "keys were")} not deleted: they are in ${failed.path}`;
    throw new CommandError(exitCodes.partlyDone, what, {
      advice: `once what was wrong is mended: wkv bulk delete ${id} ${inputName(failed.path)}`,
    });
  } finally {
    failed.close();
  }
}
