/** wkv key: single keys of a namespace. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ListOptions, GetOptions, PutOptions, DeleteOptions } from "../actions/key.ts";
import {
  act,
  addGroup,
  describe,
  dryRunOption,
  limitOption,
  type NamespaceOptions,
  withNamespaceOptions,
  yesOption,
} from "../command-options.ts";

const actions = () => import("../actions/key.ts");
const namespaceHelp = "id or title; left out with --binding";

export function addKey(program: Command): void {
  const group = addGroup(program, "key", "List, read, write and delete keys.");

  const list = describe(group.command("list"), {
    summary: "List keys.",
    description:
      "List keys, with their metadata and when they expire: as a table on a terminal, else as lines of JSON.",
    words: "NAMESPACE",
    examples: ["wkv key list sessions --prefix user: --limit 20", "wkv key list sessions | wc -l"],
  })
    .argument("[namespace]", namespaceHelp)
    .option("--prefix <text>", "only keys that begin with it")
    .addOption(limitOption("at most so many keys; where there are more, the cursor to go on with is told"))
    .option("--cursor <cursor>", "go on where a list with --limit ended");
  act<ListOptions>(withNamespaceOptions(list), async (words, options) =>
    (await actions()).list(words, options),
  );

  const get = describe(group.command("get"), {
    description: "Print a value, byte for byte.",
    words: "NAMESPACE KEY",
    examples: [
      "wkv key get sessions user:1",
      "wkv key get sessions logo -o logo.png",
      "wkv key get sessions a --json",
    ],
  })
    .argument("[namespace]", namespaceHelp)
    .argument("[key]")
    .option("-o, --output <file>", "write it to a file");
  act<GetOptions>(withNamespaceOptions(get), async (words, options) => (await actions()).get(words, options));

  const put = describe(group.command("put"), {
    summary: "Write a value.",
    description: "Write a value: what stands behind the key, what a file holds, or what comes from a pipe.",
    words: "NAMESPACE KEY [VALUE]",
    examples: [
      'wkv key put sessions user:1 ada --ttl 3600 --metadata \'{"by":"ada"}\'',
      "wkv key put sessions logo --path logo.png",
      "secret-tool lookup name x | wkv key put sessions secret     # a value that `ps` does not show",
    ],
  })
    .argument("[namespace]", namespaceHelp)
    .argument("[key]")
    .argument("[value]", "without it, what comes from a pipe")
    .option("--path <file>", "the file whose bytes are the value; - for a pipe")
    .addOption(new Option("--metadata <json>", "up to 1,024 bytes of JSON").argParser(json))
    .addOption(new Option("--ttl <seconds>", "after how long it expires, at least 60").argParser(seconds))
    .addOption(new Option("--expiration <seconds>", "when it expires, since 1970").argParser(seconds))
    .addOption(dryRunOption());
  act<PutOptions>(withNamespaceOptions(put), async (words, options) => (await actions()).put(words, options));

  const remove = describe(group.command("delete"), {
    summary: "Delete a key.",
    description: "Delete a key. One that is not there is no error.",
    words: "NAMESPACE KEY",
    examples: ["wkv key delete sessions user:1 --yes"],
  })
    .argument("[namespace]", namespaceHelp)
    .argument("[key]")
    .addOption(dryRunOption())
    .addOption(yesOption());
  act<DeleteOptions>(withNamespaceOptions(remove), async (words, options) =>
    (await actions()).remove(words, options),
  );

  const metadata = describe(group.command("metadata"), {
    summary: "Print a key's metadata.",
    description: "Print the metadata of a key as JSON; null where it has none.",
    words: "NAMESPACE KEY",
    examples: ["wkv key metadata sessions user:1"],
  })
    .argument("[namespace]", namespaceHelp)
    .argument("[key]");
  act<NamespaceOptions>(withNamespaceOptions(metadata), async (words, options) =>
    (await actions()).metadata(words, options),
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It is no JSON; text needs quotes of its own: '\"text\"'.");
  }
}

function seconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is no whole number of seconds.");
}
