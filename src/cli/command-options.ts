/** Options and examples that commands share. Light: it is loaded whatever is called. */
import { type Command, InvalidArgumentError, Option } from "commander";

/** The options of every command. */
export interface CommonOptions {
  account?: string;
  tokenFile?: string;
  allowHttp?: boolean;
  budget?: string;
  config?: string;
  env?: string;
  quiet?: boolean;
  json?: boolean;
}

/** Of commands about a namespace. */
export interface NamespaceOptions extends CommonOptions {
  binding?: string;
  preview?: boolean;
}

/** Of commands between two namespaces. */
export interface BetweenOptions extends NamespaceOptions {
  toAccount?: string;
  toTokenFile?: string;
  toBinding?: string;
  toEnv?: string;
  toPreview?: boolean;
}

export interface VerifyOptions {
  verify?: boolean;
  verifyWait: number;
}

export interface ResumableOptions {
  resume?: boolean;
  restart?: boolean;
  checkpoint?: string;
}

/** A command's description, its words after the name, and what it is called like. */
export interface Description {
  /** What stands beside its name in a list of commands; the description where that is as short. */
  summary?: string;
  description: string;
  /** The words as they are written in the usage, such as "NAMESPACE KEY". */
  words: string;
  examples: readonly string[];
}

const described = new WeakMap<Command, Description>();

export function describe(command: Command, description: Description): Command {
  described.set(command, description);
  const { examples, words } = description;
  const title = examples.length === 1 ? "Example" : "Examples";
  return command
    .summary(description.summary ?? "")
    .description(description.description)
    .usage(`${words}${words ? " " : ""}[options]`)
    .addHelpText("after", `\n${title}:\n${examples.map((line) => `  ${line}`).join("\n")}`);
}

/** What a command does, loaded when it is called. */
// What is typed is said where the options are; commander does not know.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function act<Options extends CommonOptions>(
  command: Command,
  run: (words: string[], options: Options) => Promise<void>,
): Command {
  return command.action(async () => {
    const options = command.opts<Options>();
    const { setQuiet } = await import("./output.ts");
    setQuiet(options.quiet ?? false);
    await run(command.args, options);
  });
}

/** A command that only holds others. */
export function addGroup(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .helpCommand(false)
    .configureHelp({ subcommandTerm: termOf });
}

/** A command in the list of those of its group. */
export function termOf(command: Command): string {
  return `${command.name()} ${described.get(command)?.words ?? ""}`.trimEnd();
}

export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup("Whom to ask, and how:")
    .option("--account <id>", "the account, instead of CLOUDFLARE_ACCOUNT_ID")
    .option("--token-file <file>", "a file with the API token, instead of CLOUDFLARE_API_TOKEN")
    .option("--allow-http", "ask a gateway by plain http too: whoever is on the way can read the token")
    .option("--budget <requests/seconds>", "how many requests to send at most, such as 600/300, or none")
    .option("--config <file>", "wrangler's configuration, instead of the nearest one")
    .option("-e, --env <name>", "the environment of wrangler's configuration")
    .option("-q, --quiet", "say nothing but errors")
    .option("--json", "print JSON, for programs");
}

export function withNamespaceOptions(command: Command): Command {
  return withCommonOptions(command)
    .option(
      "-b, --binding <name>",
      "the namespace by its binding in wrangler's configuration, instead of NAMESPACE",
    )
    .option("--preview", "take the binding's preview namespace");
}

export function withBetweenOptions(command: Command): Command {
  return withNamespaceOptions(command)
    .option("--to-account <id>", "the second one's account, where it is another")
    .option("--to-token-file <file>", "a file with the API token for it, where it is another")
    .option("--to-binding <name>", "the second one by its binding")
    .option("--to-env <name>", "the environment for --to-binding, where it is another")
    .option("--to-preview", "take that binding's preview namespace");
}

export function withMappingOptions(command: Command): Command {
  return command
    .option("--prefix <text>", "only keys that begin with it")
    .option("--strip-prefix <text>", "only keys that begin with it, and take it off")
    .option("--add-prefix <text>", "put it before every key");
}

export function withResumeOptions(command: Command): Command {
  return command
    .option("--resume", "go on where an interrupted run stopped, if there was one")
    .option("--restart", "drop what an interrupted run has left, and begin anew")
    .option("--checkpoint <file>", "where to keep what --resume needs");
}

export const concurrencyOption = (): Option =>
  new Option(
    "--concurrency <number>",
    "how many bulk requests are under way at a time, 1 to 5; 3 to write, 5 to delete where nothing is said",
  ).argParser(wholeNumber(1, 5));

export const limitOption = (what: string): Option =>
  new Option("--limit <number>", what).argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER));

export const dryRunOption = (): Option => new Option("-n, --dry-run", "say what it would do, and do nothing");

export const yesOption = (): Option => new Option("-y, --yes", "do not ask before something is lost");

export function withVerifyOptions(command: Command): Command {
  const wait = "for how long, in seconds, what differs is read again: a write takes time to be seen";
  return command
    .option("--verify", "read everything back and compare it")
    .addOption(new Option("--verify-wait <seconds>", wait).argParser(wholeNumber(0, 86_400)).default(60));
}

export const countOption = (): Option =>
  new Option("--no-count", "do not list the keys first to know how many there are");

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    const range = most >= Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It is no whole number ${range}.`);
  };
}
