/** A disk that is full: a file system of a few megabytes, which only root can make. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { KVAPIError, type KVNamespaceClient } from "../../src/index.ts";
import { nodes, start, temporaryFolder } from "./service.ts";

const canMount = process.platform === "linux" && process.getuid?.() === 0;

const value = (key: string): string => key.padEnd(300_000, "v");

/** Writes until it is refused twenty times; gives what was taken. */
async function fill(namespace: KVNamespaceClient, name: string): Promise<string[]> {
  const taken: string[] = [];
  for (let i = 0, refused = 0; refused < 20; i++) {
    const key = `${name}${i}`;
    try {
      await namespace.put(key, value(key));
      taken.push(key);
    } catch (error) {
      expect(error).toBeInstanceOf(KVAPIError);
      expect(error).toMatchObject({ status: 500, message: expect.stringMatching(/full/) });
      refused++;
    }
  }
  return taken;
}

describe.skipIf(!canMount)(
  `a full disk${canMount ? "" : " (skipped: only root on Linux can make one)"}`,
  () => {
    test.each(nodes)(
      "refuses writes, keeps what was acknowledged, and is not the end: %s",
      async (_, node) => {
        const disk = temporaryFolder();
        const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=14m", "tmpfs", disk]);
        expect(mounted.status, mounted.stderr.toString()).toBe(0);
        onTestFinished(() => void spawnSync("umount", ["-l", disk]));
        const [first, second] = [join(disk, "ballast-1"), join(disk, "ballast-2")];
        for (const ballast of [first, second]) writeFileSync(ballast, new Uint8Array(3_000_000));

        const service = await start(node, join(disk, "data"));
        const { id } = await service.kv.namespaces.create("first");
        const namespace = service.kv.namespace(id);
        const taken = await fill(namespace, "a");
        expect(taken.length).toBeGreaterThan(5);
        for (const key of taken) expect(await namespace.get(key)).toBe(value(key));

        rmSync(first);
        taken.push(...(await fill(namespace, "b")));
        expect(taken.some((key) => key.startsWith("b"))).toBe(true);
        expect(await service.end()).toBe(0);

        // Where there is no room at all it says so and ends: the log is put into its place at the start.
        await expect(start(node, join(disk, "data"))).rejects.toThrow("ended with 1");
        rmSync(second);
        const next = await start(node, join(disk, "data"));
        const names = (await next.kv.namespace(id).list()).keys.map(({ name }) => name);
        expect(names.toSorted()).toEqual(taken.toSorted());
        for (const key of taken) expect(await next.kv.namespace(id).get(key)).toBe(value(key));
        expect(await next.end()).toBe(0);
      },
    );
  },
);
