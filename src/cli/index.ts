#!/usr/bin/env node
/** wkv: hands the arguments to the command that they name. */
import { createProgram } from "./program.ts";

await createProgram().parseAsync();
