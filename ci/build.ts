/**
 * Bundles the command and the library into `dist/`, or into the directory that is named, as a publishable package:
 * code-split ESM in `lib/`, so that a command loads only its own chunk, and the texts that are read at run time beside
 * it. What is in the directory is replaced.
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { argv } from "node:process"
import { rolldown } from "rolldown"

const root = new URL("..", import.meta.url)
const at = (path: string) => new URL(path, root).pathname
const target = resolve(argv[2] ?? at("dist"))
const to = (path: string) => join(target, path)
const cli = JSON.parse(readFileSync(at("packages/cli/package.json"), "utf8"))
const workspace = JSON.parse(readFileSync(at("packages/workspace/package.json"), "utf8"))

rmSync(target, { recursive: true, force: true })
mkdirSync(to("bin"), { recursive: true })

const bundle = await rolldown({
  input: { main: at("packages/cli/src/main.ts"), index: at("packages/cli/src/index.ts") },
  platform: "node",
  // Its JavaScript finds a binary beside itself, which a bundle would lose.
  external: [/^@vscode\/ripgrep/]
})
await bundle.write({ dir: to("lib"), format: "esm", minify: false, chunkFileNames: "[name]-[hash].js" })
await bundle.close()

// Modules find these by their own place: `lib/` stands where a package's `src/` does.
cpSync(at("packages/agent/prompts"), to("prompts"), { recursive: true })
cpSync(at("packages/config/guidelines"), to("guidelines"), { recursive: true })
for (const file of ["LICENSE", "README.md"]) cpSync(at(file), to(file))

writeFileSync(to("bin/nominal-code.js"), "#!/usr/bin/env node\nimport \"../lib/main.js\"\n")
chmodSync(to("bin/nominal-code.js"), 0o755)
writeFileSync(
  to("package.json"),
  `${
    JSON.stringify(
      {
        name: cli.name,
        version: cli.version,
        description: cli.description,
        license: cli.license,
        type: "module",
        engines: { node: ">=22.19" },
        bin: { "nominal-code": "bin/nominal-code.js" },
        exports: { ".": "./lib/index.js" },
        dependencies: { "@vscode/ripgrep": workspace.dependencies["@vscode/ripgrep"] }
      },
      null,
      2
    )
  }\n`
)
