import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backends, start } from "./backends.ts";

let backends: Backends;
beforeAll(async () => {
  backends = await start();
  const page = "<h1>ä</h1>";
  for (const kv of [backends.workerd.binding, backends.node.handle]) {
    await kv.put("index.html", page);
    await kv.put("images/dot.png", new Uint8Array([0x89, 0x50, 0xff, 0x00]).buffer);
  }
});
afterAll(() => backends.close());

/** All of an answer that a client can see. */
async function seen(response: Response): Promise<object> {
  const { status, headers } = response;
  const bytes = [...new Uint8Array(await response.arrayBuffer())];
  return { status, type: headers.get("content-type"), bytes };
}

/** Asks both, and gives their one answer. */
async function ask(path: string, init?: RequestInit): Promise<Response> {
  const [inWorkerd, inNode] = await Promise.all([
    backends.workerd.ask(path, init),
    backends.node.ask(path, init),
  ]);
  expect(await seen(inNode.clone())).toEqual(await seen(inWorkerd));
  return inNode;
}

describe("A Worker answers the same in workerd with the binding, and in Node with the handle", () => {
  it("writes, reads, lists in pages and deletes", async () => {
    expect((await ask("/notes/none")).status).toBe(404);
    const body = new Uint8Array([1, 0xff, 13, 10]);
    for (const key of ["b", "a%2F%C3%A4", "c"]) {
      const headers = { "content-type": "application/x-note" };
      expect((await ask(`/notes/${key}`, { method: "PUT", body, headers })).status).toBe(204);
    }
    const note = await ask("/notes/a%2F%C3%A4");
    expect(note.headers.get("content-type")).toBe("application/x-note");
    expect(new Uint8Array(await note.arrayBuffer())).toEqual(body);

    // Cursors are each service's own.
    const pages = async ({ ask }: Backends["node"] | Backends["workerd"]): Promise<unknown[]> => {
      const all: unknown[] = [];
      for (let next: string | null = ""; next !== null;) {
        const page = (await (await ask(`/notes/${next}`)).json()) as { names: string[]; next: string | null };
        all.push(page.names);
        next = page.next;
      }
      return all;
    };
    expect(await pages(backends.node)).toEqual(await pages(backends.workerd));
    expect((await pages(backends.node)).flat()).toEqual([
      "a/ä (4)",
      "b (4)",
      "c (4)",
      "images/dot.png (undefined)",
      "index.html (undefined)",
    ]);

    expect((await ask("/notes/b", { method: "DELETE" })).status).toBe(204);
    expect((await ask("/notes/b")).status).toBe(404);
  });

  it("serves a site by @cloudflare/kv-asset-handler", async () => {
    expect(await (await ask("/")).text()).toBe("<h1>ä</h1>");
    const image = await ask("/images/dot.png");
    expect(image.headers.get("content-type")).toBe("image/png");
    expect(new Uint8Array(await image.arrayBuffer())).toEqual(new Uint8Array([0x89, 0x50, 0xff, 0x00]));
    expect((await ask("/none.css")).status).toBe(404);
  });
});
