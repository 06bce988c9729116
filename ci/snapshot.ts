/**
 * Bundles `serve` and `run-job` for a startup snapshot: the heap of a process that has loaded them, with which Node
 * starts in place of loading them again. The image has one.
 *
 * `node ci/snapshot.ts [directory]`, after `ci/build.ts` for the same one, adds the chunks to its `lib/` as CommonJS,
 * which Node can load into a snapshot, and what `node bin/snapshot.js start.blob` makes it with, in that directory. The
 * snapshot is good for that place, that Node and that processor architecture.
 */
import { execFileSync } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { argv, env, execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { ascii } from "./ascii.ts"
import { loadedWith } from "./chunks.ts"
import { calledAtStart, eager } from "./eager.ts"
import { lazily, lazy, nameOf } from "./lazy.ts"
import { minify } from "./minify.ts"
import { leftOut } from "./variants.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const out = resolve(argv[2] ?? `${root}/dist`)
const lib = `${out}/lib`
const entry = "packages/cli/src/Snapshot.ts"

/** Modules of Node that a snapshot cannot hold, or for which Node does not promise that it can. */
const unsupported = [
  "child_process",
  "http",
  "http2",
  "https",
  "module",
  "readline",
  "sqlite",
  "tls",
  "vm",
  "worker_threads"
]

const bundle = await rolldown({
  input: { ...Object.fromEntries(lazily.map((path) => [nameOf(path), path])), Snapshot: resolve(root, entry) },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  plugins: [lazy(lazily, "cjs"), ascii],
  // A reading of an export that is not used would load its module.
  treeshake: { propertyReadSideEffects: false },
  checks: { eval: false, ineffectiveDynamicImport: false, emptyImportMeta: false },
  external: [/^@vscode\/ripgrep/, ...leftOut(env["EXTRAS"] || "all")]
})

const options = {
  dir: lib,
  format: "cjs",
  // `import()` cannot be used in a snapshot.
  dynamicImportInCjs: false,
  minify,
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name]-[hash].cjs"
} as const

/** Loaded with the first request to GitHub, which nearly every process makes. */
const client = "@octokit/core/dist-src/index.js"

const generated = await bundle.generate({ ...options, minify: false })
const held = new Set([entry, client].flatMap((module) => [...loadedWith(generated, module)]))
const { output } = await bundle.write({
  ...options,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ name: "held", test: (id) => held.has(id) && !id.endsWith(entry) }]
  }
})
await bundle.close()

const chunks = output.flatMap((one) =>
  one.type === "chunk" && one.moduleIds.every((id) => held.has(id)) ? [[one.fileName, one.code] as const] : []
)
const exportsOf = Object.fromEntries(
  unsupported.map((name) => [name, Object.keys(process.getBuiltinModule(`node:${name}`))])
)
const functions = chunks.map(([name, code]) =>
  `${JSON.stringify(name)}(exports, require, module, __filename, __dirname) {\n${code}\n}`
)
const script = [
  "const main = \"Snapshot.cjs\"",
  `const exportsOf = ${JSON.stringify(exportsOf)}`,
  `const chunks = {\n${functions.join(",\n")}\n}`,
  readFileSync(`${root}/ci/snapshot/modules.cjs`, "utf8")
].join("\n")
const write = (code: string) => writeFileSync(resolve(lib, "snapshot.cjs"), code)
write(script)
writeFileSync(resolve(lib, "snapshot.json"), `${JSON.stringify({ builder: "lib/snapshot.cjs" })}\n`)
mkdirSync(`${out}/bin`, { recursive: true })
for (const name of ["nominal-code.sh", "snapshot.js"]) cpSync(`${root}/ci/bin/${name}`, `${out}/bin/${name}`)
chmodSync(`${out}/bin/nominal-code.sh`, 0o755)

const blob = resolve(out, "start.blob")
execFileSync(execPath, ["bin/snapshot.js", blob], { cwd: out, stdio: "inherit" })
write(eager(script, await calledAtStart(blob, "lib/snapshot.cjs")))
rmSync(blob)
