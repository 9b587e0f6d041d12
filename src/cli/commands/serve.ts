/** wkv serve: Workers KV on this machine. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ServeOptions } from "../actions/serve.ts";
import { describe } from "../command-options.ts";

export function addServe(program: Command): void {
  describe(program.command("serve"), {
    summary: "Serve Workers KV on this machine.",
    description: "Serve Workers KV on this machine: its REST API, for development and tests.",
    words: "",
    examples: [
      "wkv serve",
      "wkv serve --data ./kv-data --seed users.ndjson",
      "wkv serve --faults bad-day.json --verbose",
      'wkv serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"',
    ],
  })
    .addOption(
      new Option("--port <number>", "the port to listen on; 0 takes a free one")
        .argParser(port)
        .default(8787),
    )
    .option("--host <address>", "the address to listen on; --token is due where others reach it", "127.0.0.1")
    .option("--data <folder>", "keep everything in a folder, instead of in memory until the end")
    .option("--token <token>", "the one token that is right, instead of any")
    .option(
      "--seed <file>",
      "pairs to begin with: NDJSON, or JSON as of wrangler's bulk put; also compressed",
    )
    .option("--faults <file>", "what goes wrong and how often, as JSON")
    .option("--verbose", "a line on stderr for each request")
    .action(async (options: ServeOptions) => (await import("../actions/serve.ts")).serve(options));
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("It is no whole number from 0 to 65535.");
}
