/** The reference of the command, from the program that the command itself runs. */
import type { Command, Option } from "commander";
import { createProgram } from "../../src/cli/program.ts";
import { cell, code, table, writePage } from "./site.ts";

export async function writeCommand(): Promise<void> {
  const program = createProgram();
  const commands = leaves(program);
  const overview = commands.map(({ path, command }) => [
    `[\`${path}\`](#${anchor(path)})`,
    cell(escapeAngles(command.summary() || firstSentence(command.description()))),
  ]);
  await writePage(
    "reference/command.md",
    `---
outline: 2
---

# The command \`${program.name()}\`

${escapeAngles(program.description())}

Install the package to have it as \`${program.name()}\`, or call it once with \`npx workers-kv-rest\`.

${commands.length > 0 ? table(["Command", "What it does"], overview) : ""}

${afterHelp(program)}

${commands.map(({ path, command }) => section(path, command)).join("\n\n")}

${program.options.length > 0 ? `## Options of every command\n\n${optionTable(program.options)}` : ""}
`,
  );
}

interface Leaf {
  path: string;
  command: Command;
}

/** The commands that do something: those without commands of their own. */
function leaves(command: Command, path: string = command.name()): Leaf[] {
  return command.commands.flatMap((each) => {
    const own = `${path} ${each.name()}`;
    return each.commands.length > 0 ? leaves(each, own) : [{ path: own, command: each }];
  });
}

function section(path: string, command: Command): string {
  const usage = `${path} ${command.usage()}`.trim();
  const arguments_ = command.registeredArguments.map((argument) => [
    code(argument.required ? `<${argument.name()}>` : `[${argument.name()}]`),
    cell(escapeAngles(sentence(argument.description))),
  ]);
  const options = command.options.filter((option) => !option.hidden);
  return [
    `## ${path} {#${anchor(path)}}`,
    escapeAngles(command.description()),
    `\`\`\`sh\n${usage}\n\`\`\``,
    arguments_.length > 0 ? table(["Argument", "Meaning"], arguments_) : "",
    options.length > 0 ? optionTable(options) : "",
    afterHelp(command),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function optionTable(options: readonly Option[]): string {
  return table(
    ["Option", "Meaning"],
    options.map((option) => [code(option.flags), cell(escapeAngles(meaning(option)))]),
  );
}

function meaning({ description, defaultValue, defaultValueDescription, argChoices }: Option): string {
  const value: unknown = defaultValueDescription ?? defaultValue;
  const isSaid = value !== undefined && value !== false;
  return [
    sentence(description),
    argChoices && `One of ${argChoices.join(", ")}.`,
    isSaid && `Default: ${typeof value === "string" ? value : JSON.stringify(value)}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

const sentence = (text: string): string =>
  text.replace(/^./, (first) => first.toUpperCase()).replace(/[^.!?]$/, "$&.");

/** What the program adds behind its help: examples, exit codes. Commander gives it only as it prints it. */
function afterHelp(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) });
  const help = command.helpInformation();
  command.outputHelp();
  const rest = text.slice(text.indexOf(help) + help.length).trim();
  const [, examples] = /^Examples?:\n([\s\S]+)$/.exec(rest) ?? [];
  if (examples) return `\`\`\`sh\n${examples.replaceAll(/^ {2}/gm, "")}\n\`\`\``;
  return rest ? `\`\`\`text\n${rest}\n\`\`\`` : "";
}

const anchor = (path: string): string => path.replaceAll(/\s+/g, "-");
const firstSentence = (text: string): string => text.split(/(?<=\.)\s/, 1)[0] ?? "";

/** Markdown would take `<FILE>` for a tag. */
function escapeAngles(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;");
}
