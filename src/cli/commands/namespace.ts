/** wkv namespace: the namespaces of an account. */
import { type Command, Option } from "commander";
import type { ListOptions, CreateOptions, ChangeOptions } from "../actions/namespace.ts";
import {
  act,
  addGroup,
  type CommonOptions,
  describe,
  dryRunOption,
  withCommonOptions,
  yesOption,
} from "../command-options.ts";

const actions = () => import("../actions/namespace.ts");

export function addNamespace(program: Command): void {
  const group = addGroup(program, "namespace", "List, create, rename and delete namespaces.");

  const list = describe(group.command("list"), {
    description: "List the account's namespaces.",
    words: "",
    examples: ["wkv namespace list", "wkv namespace list --json | jq -r .id"],
  }).addOption(new Option("--sort <by>", "what to sort by").choices(["title", "id"]).default("title"));
  act<ListOptions>(withCommonOptions(list), async (_, options) => (await actions()).list(options));

  const create = describe(group.command("create"), {
    description: "Create a namespace.",
    words: "TITLE",
    examples: ["wkv namespace create sessions", "wkv namespace create sessions --if-missing"],
  })
    .argument("<title>", "up to 512 characters, unlike those of the account's other namespaces")
    .option("--if-missing", "be content with one of this title that is there")
    .addOption(
      new Option("--jurisdiction <where>", "where its data are kept").choices(["eu", "us", "fedramp"]),
    )
    .addOption(dryRunOption());
  act<CreateOptions>(withCommonOptions(create), async (words, options) =>
    (await actions()).create(words, options),
  );

  const get = describe(group.command("get"), {
    description: "Show a namespace.",
    words: "NAMESPACE",
    examples: ["wkv namespace get sessions"],
  }).argument("<namespace>", "id or title");
  act<CommonOptions>(withCommonOptions(get), async (words, options) => (await actions()).get(words, options));

  const rename = describe(group.command("rename"), {
    description: "Give a namespace another title.",
    words: "NAMESPACE TITLE",
    examples: ["wkv namespace rename sessions sessions-2025"],
  })
    .argument("<namespace>", "id or title")
    .argument("<title>", "the new one")
    .addOption(dryRunOption());
  act<ChangeOptions>(withCommonOptions(rename), async (words, options) =>
    (await actions()).rename(words, options),
  );

  const remove = describe(group.command("delete"), {
    description: "Delete a namespace and all that is in it.",
    words: "NAMESPACE",
    examples: ["wkv namespace delete sessions-2024", "wkv namespace delete sessions-2024 --yes"],
  })
    .argument("<namespace>", "id or title")
    .addOption(dryRunOption())
    .addOption(yesOption());
  act<ChangeOptions>(withCommonOptions(remove), async (words, options) =>
    (await actions()).remove(words, options),
  );
}
