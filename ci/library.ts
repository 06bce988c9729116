/**
 * Adds the library to the package that `ci/build.ts` has written: `library/`, code-split ESM and its types. `effect` is
 * a peer dependency and stays an import: two copies of it do not know each other's services and secrets.
 *
 * `node ci/library.ts [directory]` adds it elsewhere than to `dist/`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { external, writeDeclarations } from "./declarations.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const dist = resolve(argv[2] ?? join(root, "dist"))
const library = join(dist, "library")

const bundle = await rolldown({
  input: { index: join(root, "packages/cli/src/index.ts") },
  platform: "node",
  external: [/^@vscode\/ripgrep/, ...external]
})
await bundle.write({ dir: library, format: "esm", minify: false, chunkFileNames: "[name]-[hash].js" })
await bundle.close()
await writeDeclarations(library)

const manifest = join(dist, "package.json")
const written = JSON.parse(readFileSync(manifest, "utf8"))
const { dependencies } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"))
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
        // Parts of `effect` that this library uses are marked unstable, so that a minor version may change them.
        peerDependencies: { effect: `~${dependencies.effect}` },
        peerDependenciesMeta: { effect: { optional: true } }
      },
      null,
      2
    )
  }\n`
)
