// Loads every module of the program once, so that Node keeps what it compiles in NODE_COMPILE_CACHE.
import { readdirSync } from "node:fs"
import { flushCompileCache } from "node:module"

const lib = new URL("../lib/", import.meta.url)
const isLoaded = (name) => name.endsWith(".js") && name !== "main.js"
const loaded = await Promise.allSettled(readdirSync(lib).filter(isLoaded).map((name) => import(new URL(name, lib))))
flushCompileCache()

const failed = loaded.filter(({ status }) => status === "rejected")
for (const { reason } of failed) process.stderr.write(`${String(reason)}\n`)
// A variant leaves SDKs out, and what needs one does not load.
process.exit(failed.length === loaded.length ? 1 : 0)
