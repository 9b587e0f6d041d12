/** What wrangler's configuration says of namespaces: bindings by name, per environment. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ParseError } from "jsonc-parser";
import { usageError } from "./exit-codes.ts";
import { quoted } from "./quantities.ts";

export interface WranglerOptions {
  /** The path of a configuration. @default the nearest from the current folder upwards */
  config?: string | undefined;
  /** A named environment of it. @default CLOUDFLARE_ENV, as wrangler has it; else the top level */
  env?: string | undefined;
}

interface Binding {
  binding?: unknown;
  id?: unknown;
  preview_id?: unknown;
}

export interface WranglerConfig {
  readonly path: string;
  readonly accountId: string | undefined;
  /** @throws CommandError where there is no such binding, or it has no id */
  namespaceId(binding: string, preview: boolean): string;
}

/** The order in which wrangler takes them. */
const names = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/**
 * `undefined` where there is none.
 *
 * @throws CommandError where it cannot be read, or has no environment that was asked for
 */
export async function readWranglerConfig(options: WranglerOptions): Promise<WranglerConfig | undefined> {
  const path = options.config ?? nearest(process.cwd());
  if (path === undefined) {
    if (options.env === undefined) return undefined;
    throw usageError(
      `there is no wrangler configuration that could have an environment ${quoted(options.env)}`,
      "name the file with --config",
    );
  }
  // The mark that some editors put before UTF-8, which wrangler passes over too.
  const settings = await parse(path, readFileSync(path, "utf8").replace(/^\ufeff/, ""));
  const environment = options.env ?? (process.env["CLOUDFLARE_ENV"] || undefined);
  const environments = asRecord(settings["env"]);
  if (environment !== undefined && !Object.hasOwn(environments, environment)) {
    throw usageError(
      `${path} has no environment ${quoted(environment)}`,
      `it has: ${Object.keys(environments).join(", ") || "none"}`,
    );
  }
  const chosen = environment === undefined ? settings : asRecord(environments[environment]);
  // Bindings are not inherited by an environment; the account is (wrangler's documentation).
  const accountId = chosen["account_id"] ?? settings["account_id"];
  const bindings = Array.isArray(chosen["kv_namespaces"]) ? (chosen["kv_namespaces"] as Binding[]) : [];
  return {
    path,
    accountId: typeof accountId === "string" && accountId ? accountId : undefined,
    namespaceId(name, preview) {
      const found = bindings.find(({ binding }) => binding === name);
      const where = `${path}${environment === undefined ? "" : `, environment ${quoted(environment)},`}`;
      if (!found) {
        const known = bindings.map(({ binding }) => String(binding)).join(", ") || "none";
        throw usageError(
          `${where} has no kv_namespaces entry with the binding ${quoted(name)}`,
          `it has: ${known}`,
        );
      }
      const property = preview ? "preview_id" : "id";
      const id = found[property];
      if (typeof id === "string" && id) return id;
      throw usageError(`${where} has no ${property} for the binding ${quoted(name)}`);
    },
  };
}

function nearest(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const name = names.find((each) => existsSync(join(at, each)));
    if (name !== undefined) return join(at, name);
    if (at === dirname(at)) return undefined;
  }
}

async function parse(path: string, text: string): Promise<Record<string, unknown>> {
  try {
    if (path.endsWith(".toml")) return (await import("smol-toml")).parse(text);
    const { parse: parseJsonc, printParseErrorCode } = await import("jsonc-parser");
    const errors: ParseError[] = [];
    const settings: unknown = parseJsonc(text, errors, { allowTrailingComma: true });
    const [error] = errors;
    if (!error) return asRecord(settings);
    throw new Error(`${printParseErrorCode(error.error)} at character ${error.offset}`);
  } catch (error) {
    throw usageError(`${path} cannot be read as wrangler's configuration: ${(error as Error).message}`);
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
