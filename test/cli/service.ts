/** What most tests of the command have around them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { KVServerOptions } from "../../src/server/index.ts";
import { buildCommand, type Service, startService } from "../cli-helpers.ts";

/** The command, built for this file. */
export let command: ReturnType<typeof buildCommand>;
/** The one of the test at hand, with a folder of its own. */
export let service: Service;

/** Builds the command before all tests of a file, and starts a service before each of them. */
export function startServiceForEach(options: KVServerOptions = {}): void {
  beforeAll(() => {
    command = buildCommand();
  });
  afterAll(() => command.remove());
  beforeEach(async () => {
    service = await startService(command.path, options);
  });
  afterEach(() => service.close());
}

export const inFolder = (name: string): string => join(service.folder, name);
export const bytesOf = (name: string): Buffer => readFileSync(inFolder(name));
export const textOf = (name: string): string => readFileSync(inFolder(name), "utf8");
