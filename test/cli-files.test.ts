import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canBeReplaced, replaceFile } from "../src/cli/whole-file.ts";
import { temporaryFolder } from "./server-helpers.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const textOf = (path: string): string => readFileSync(path, "utf8");

describe("A file that is replaced", () => {
  it("is the one that a link leads to, and the link stays", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "elsewhere"));
    const [link, target] = [join(folder, "link"), join(folder, "elsewhere/file")];
    writeFileSync(target, "old");
    symlinkSync("elsewhere/file", link);
    replaceFile(link, "new");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect([textOf(target), readdirSync(join(folder, "elsewhere"))]).toEqual(["new", ["file"]]);
  });

  it("is its owner's alone, and leaves another's FILE.part as it was", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(`${file}.part`, "another's", { mode: 0o644 });
    replaceFile(file, "new");
    expect([textOf(file), modeOf(file)]).toEqual(["new", "600"]);
    expect([textOf(`${file}.part`), modeOf(`${file}.part`)]).toEqual(["another's", "644"]);
  });

  it("is its owner's alone where a killed run has left a part that is not", () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(`${file}.part`, "half", { mode: 0o644 });
    replaceFile(file, "new", { isLocked: true });
    expect([textOf(file), modeOf(file), readdirSync(folder)]).toEqual(["new", "600", ["file"]]);
  });

  it("leaves nothing behind where that fails", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "taken"));
    expect(() => replaceFile(join(folder, "taken"), "new")).toThrow(/rename/);
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  it("can be a file, a link to one, or nothing yet; no pipe, device or folder", () => {
    const folder = temporaryFolder();
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, "");
    symlinkSync(file, link);
    expect([file, link, join(folder, "none")].map(canBeReplaced)).toEqual([true, true, true]);
    expect(["-", folder, "/dev/null"].map(canBeReplaced)).toEqual([false, false, false]);
  });
});
