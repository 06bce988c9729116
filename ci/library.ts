/**
 * Adds the library to the package that `ci/build.ts` has written: `library/`, code-split ESM and its types. `effect` is
 * a peer dependency and stays an import: two copies of it do not know each other's services and secrets.
 *
 * `node ci/library.ts [directory]` adds it elsewhere than to `dist/`.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { external, writeDeclarations } from "./declarations.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const dist = resolve(argv[2] ?? join(root, "dist"))
const library = join(dist, "library")

/** Packages that only some pipelines need, and that are large: whoever needs one installs it beside the library. */
const optional = ["@kubernetes/client-node"]

const bundle = await rolldown({
  input: {
    index: join(root, "packages/cli/src/index.ts"),
    SyntaxWorker: join(root, "packages/workspace/src/syntax/SyntaxWorker.ts")
  },
  platform: "node",
  checks: { eval: false },
  external: [/^@vscode\/ripgrep/, ...external, ...optional.map((name) => new RegExp(`^${name}(/|$)`))]
})
await bundle.write({ dir: library, format: "esm", minify: false, chunkFileNames: "[name]-[hash].js" })
await bundle.close()
await writeDeclarations(library)
// Modules find the scripts of Redis beside themselves.
cpSync(join(dist, "lib/lua"), join(library, "lua"), { recursive: true })

const manifest = join(dist, "package.json")
const written = JSON.parse(readFileSync(manifest, "utf8"))
const dependenciesOf = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")).dependencies
const peers = {
  // Parts of `effect` that this library uses are marked unstable, so that a minor version may change them.
  effect: `~${dependenciesOf("cli")["effect"]}`,
  "@kubernetes/client-node": `^${dependenciesOf("kubernetes")["@kubernetes/client-node"]}`
}
writeFileSync(
  manifest,
  `${
    JSON.stringify(
      {
        ...written,
        exports: {
          ".": { types: "./library/index.d.ts", default: "./library/index.js" },
          "./package.json": "./package.json"
        },
        peerDependencies: peers,
        peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((name) => [name, { optional: true }]))
      },
      null,
      2
    )
  }\n`
)
