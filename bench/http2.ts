/**
 * Whether HTTP/2 would cost less: CPU time per get over TLS, 50 at a time, undici on HTTP/1.1 against undici on
 * HTTP/2, from one server that speaks both. Run with `tsx bench/http2.ts [rounds]`; needs openssl for a certificate.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";

const gets = 10_000;
const concurrency = 50;
const ways: Record<string, Agent.Options> = {
  "HTTP/1.1, 50 connections": { connections: concurrency },
  "HTTP/2, 1 connection": { allowH2: true, connections: 1 },
  "HTTP/2, 4 connections": { allowH2: true, connections: 4 },
};

const [role, ...given] = process.argv.slice(2);
if (role === "serve") serve(given[0]!);
else if (role === "ask") await ask(given[0]!, given[1]!, given[2]!);
else await compare(Number(role ?? 5));

function serve(folder: string): void {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  const value = Buffer.alloc(100, "v");
  const server = createSecureServer(
    { key: read("key.pem"), cert: read("cert.pem"), allowHTTP1: true },
    (asked, response) => {
      response.writeHead(200, {
        "content-type": "application/octet-stream",
        "content-length": value.length,
        "x-version": asked.httpVersion,
      });
      response.end(value);
    },
  );
  server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
}

/** Prints the CPU time of a get in microseconds, once the connections are there and the code is warm. */
async function ask(folder: string, origin: string, way: string): Promise<void> {
  const dispatcher = new Agent({ ...ways[way], connect: { ca: readFileSync(join(folder, "cert.pem")) } });
  const headers = { authorization: "Bearer a-token", "accept-encoding": "gzip, deflate, br" };
  let version: unknown;
  async function getMany(times: number): Promise<void> {
    let left = times;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const { body, headers: received } = await request(`${origin}/values/key-${left}`, {
          dispatcher,
          headers,
        });
        version = received["x-version"];
        await body.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }
  await getMany(gets / 5);
  const [begun, started] = [process.cpuUsage(), performance.now()];
  await getMany(gets);
  const { user, system } = process.cpuUsage(begun);
  console.log(JSON.stringify({ version, cpu: (user + system) / gets, wall: performance.now() - started }));
  process.exit();
}

async function compare(rounds: number): Promise<void> {
  if (spawnSync("openssl", ["version"]).error) {
    console.log("skipped: openssl, which makes the certificate, is not installed");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "http2-"));
  const make =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"];
  execFileSync("openssl", [...make.split(" "), ...names], { cwd: folder, stdio: "ignore" });
  const self = ["--import", "tsx", fileURLToPath(import.meta.url)];
  const server = spawn(process.execPath, [...self, "serve", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(server.stdout, "data")) as [Buffer];
    const origin = `https://localhost:${String(port).trim()}`;
    const costs = new Map(Object.keys(ways).map((way) => [way, [] as { cpu: number; wall: number }[]]));
    for (let round = 0; round < rounds; round++) {
      for (const [way, all] of costs) {
        const text = execFileSync(process.execPath, [...self, "ask", folder, origin, way], {
          encoding: "utf8",
        });
        const cost = JSON.parse(text) as { version: string; cpu: number; wall: number };
        if (!way.startsWith(`HTTP/${cost.version.replace(".0", "")},`)) throw new Error(`${way}: ${text}`);
        all.push(cost);
      }
    }
    for (const [way, all] of costs) {
      const median = (of: "cpu" | "wall"): number =>
        all.map((cost) => cost[of]).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
      const wall = ((median("wall") / gets) * 1000).toFixed(0);
      console.log(`${way}: ${median("cpu").toFixed(0)} µs of CPU time a get, ${wall} µs of wall time`);
    }
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}
