/** More than a client should send, and what it costs: memory stays within bounds, and others are served. */
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { limits } from "../../src/index.ts";
import { nodes, type Service, start, temporaryFolder } from "./service.ts";

const canMeasure = existsSync("/proc/self/status");
const [, node] = nodes[0]!;
const accountId = "0".repeat(32);
const value = (id: string, key: string): string =>
  `/client/v4/accounts/${accountId}/storage/kv/namespaces/${id}/values/${key}`;

async function serve(
  folder?: string,
  nodeOptions?: readonly string[],
): Promise<{ service: Service; id: string }> {
  const service = await start(node, folder, nodeOptions);
  const { id } = await service.kv.namespaces.create("first");
  return { service, id };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
    onTestFinished(() => void socket.destroy());
  });
}

describe.skipIf(!canMeasure)(
  `load${canMeasure ? "" : " (skipped: this system does not tell what memory takes)"}`,
  () => {
    test("of ten thousand idle connections keeps nobody else waiting, and the same memory each time", async () => {
      // What is free is given back soon, so that what is not can be seen.
      const { service, id } = await serve(undefined, ["--max-old-space-size=64", "--max-semi-space-size=2"]);
      const peaks: number[] = [];
      for (let round = 0; round < 3; round++) {
        const sockets: Socket[] = [];
        while (sockets.length < 10_000) {
          sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(service.port)))));
        }
        await service.kv.namespace(id).put("a", String(round));
        expect(await service.kv.namespace(id).get("a")).toBe(String(round));
        peaks.push(service.peak());
        await Promise.all(
          sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve).destroy())),
        );
      }
      console.log(`10,000 connections: ${peaks.map((peak) => peak.toFixed(0)).join(", then ")} MiB at most`);
      expect(peaks[2]).toBeLessThan(peaks[1]! * 1.1);
      expect(await service.end()).toBe(0);
    });

    test("of an upload of a gigabyte is refused, whether it says how much it is or not", async () => {
      const { service, id } = await serve();
      const before = service.peak();
      const chunk = Buffer.alloc(1 << 20, "v");
      for (const header of ["content-length: 1073741824", "transfer-encoding: chunked"]) {
        const socket = await open(service.port);
        socket.setMaxListeners(0).on("error", () => {});
        let answer = "";
        socket.on("data", (data) => (answer += String(data)));
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.write(
          `PUT ${value(id, "a")} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer t\r\n${header}\r\n\r\n`,
        );
        const isChunked = header.startsWith("transfer");
        for (let sent = 0; sent < 1024 && !socket.destroyed; sent++) {
          if (isChunked) socket.write(`${chunk.length.toString(16)}\r\n`);
          const goesOn = socket.write(chunk);
          if (isChunked) socket.write("\r\n");
          if (!goesOn) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
        }
        if (isChunked) socket.write("0\r\n\r\n");
        socket.end();
        await closed;
        expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      }
      expect(await service.kv.namespace(id).get("a")).toBeNull();
      console.log(`1 GB uploads: ${before.toFixed(0)} MiB before, ${service.peak().toFixed(0)} MiB at most`);
      expect(service.peak() - before).toBeLessThan(150);
      expect(await service.end()).toBe(0);
    });

    test("of sixty uploads of 25 MiB at once takes room for some of them, and stores all", async () => {
      const { service, id } = await serve(temporaryFolder());
      const namespace = service.kv.namespace(id);
      const largest = new Uint8Array(limits.valueBytes).fill(0x61);
      await Promise.all(Array.from({ length: 60 }, (_, i) => namespace.put(`large-${i}`, largest)));
      expect((await namespace.list()).keys).toHaveLength(60);
      console.log(`60 uploads of 25 MiB: ${service.peak().toFixed(0)} MiB at most`);
      expect(service.peak()).toBeLessThan(1_000);
      expect(await service.end()).toBe(0);
    });

    test("of sixty readers of 25 MiB that do not read takes room for some of them", async () => {
      const { service, id } = await serve(temporaryFolder());
      const namespace = service.kv.namespace(id);
      await namespace.put("large", new Uint8Array(limits.valueBytes));
      const sockets = await Promise.all(Array.from({ length: 60 }, () => open(service.port)));
      const begun = sockets.map((socket) => new Promise((resolve) => socket.once("readable", resolve)));
      for (const socket of sockets) {
        socket.write(
          `GET ${value(id, "large")} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer t\r\n\r\n`,
        );
      }
      await Promise.race(begun);
      await namespace.put("small", "v");
      expect(await namespace.get("small")).toBe("v");
      // As they read on, the others get theirs.
      await Promise.all(
        sockets.map((socket) => {
          let received = 0;
          return new Promise<void>((resolve) => {
            socket.on("data", (data) => {
              received += data.length;
              if (received > limits.valueBytes) resolve();
            });
          });
        }),
      );
      console.log(`60 readers of 25 MiB: ${service.peak().toFixed(0)} MiB at most`);
      expect(service.peak()).toBeLessThan(1_000);
      expect(await service.end()).toBe(0);
    });
  },
);
