// Loads every module of the program once, so that Node keeps what it compiles in NODE_COMPILE_CACHE.
import { readdirSync } from "node:fs"
import { createRequire, flushCompileCache } from "node:module"
import { set } from "../lib/EngineOptions.js"

set()
const lib = new URL("../lib/", import.meta.url)
const require = createRequire(lib)
const isProgram = (name) => ["main.js", "Snapshot.cjs", "snapshot.cjs"].includes(name)
const load = (name) => name.endsWith(".cjs") ? require(`./${name}`) : import(new URL(name, lib))
const names = readdirSync(lib).filter((name) => /\.c?js$/.test(name) && !isProgram(name))
const loaded = await Promise.allSettled(names.map(async (name) => await load(name)))
flushCompileCache()

const failed = loaded.filter(({ status }) => status === "rejected")
for (const { reason } of failed) process.stderr.write(`${String(reason)}\n`)
// A variant leaves SDKs out, and what needs one does not load.
process.exit(failed.length === loaded.length ? 1 : 0)
