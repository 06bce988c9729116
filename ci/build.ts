/**
 * Bundles the command and the library into `dist/`, a publishable package: code-split ESM in `lib/`, so that a command
 * loads only its own chunk, and the texts that are read at run time beside it.
 *
 * `node ci/build.ts [directory]` writes elsewhere; `EXTRAS` names the variant of `ci/variants.ts` that is built.
 */
import { execFileSync } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { resolve } from "node:path"
import { argv, env, execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants } from "node:zlib"
import { rolldown } from "rolldown"
import { grammarFiles, parserFile } from "../packages/workspace/src/syntax/GrammarFiles.ts"
import { ascii } from "./ascii.ts"
import { builtins } from "./builtins.ts"
import { togetherAtStart } from "./chunks.ts"
import { lazily, lazy, nameOf } from "./lazy.ts"
import { minify } from "./minify.ts"
import { leftOut } from "./variants.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const at = (path: string) => resolve(root, path)
const out = (path: string) => resolve(argv[2] ?? at("dist"), path)
const cli = JSON.parse(readFileSync(at("packages/cli/package.json"), "utf8"))
const workspace = JSON.parse(readFileSync(at("packages/workspace/package.json"), "utf8"))

const bundle = await rolldown({
  input: {
    ...Object.fromEntries(lazily.map((path) => [nameOf(path), path])),
    main: at("packages/cli/src/main.ts"),
    EngineOptions: at("packages/cli/src/EngineOptions.ts"),
    index: at("packages/cli/src/index.ts"),
    SyntaxWorker: at("packages/workspace/src/syntax/SyntaxWorker.ts")
  },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  plugins: [lazy(lazily, "js"), builtins, ascii],
  // ripgrep's JavaScript finds a binary beside itself, which a bundle would lose.
  // Of web-tree-sitter, for modules with JavaScript in them, which grammars are not.
  checks: { eval: false },
  external: [/^@vscode\/ripgrep/, ...leftOut(env["EXTRAS"] || "all")]
})

const options = {
  dir: out("lib"),
  format: "esm",
  minify,
  chunkFileNames: "[name]-[hash].js"
} as const

rmSync(out("."), { recursive: true, force: true })
mkdirSync(out("bin"), { recursive: true })
await bundle.write({ ...options, codeSplitting: togetherAtStart(await bundle.generate({ ...options, minify: false })) })
await bundle.close()

// Modules find these by their own place: `lib/` stands where a package's `src/` does.
cpSync(at("packages/review/prompts"), out("prompts"), { recursive: true })
cpSync(at("packages/review/guidelines"), out("guidelines"), { recursive: true })
cpSync(at("packages/eval/suite"), out("suite"), { recursive: true })
for (const folder of ["persistence/src/lua", "jobs/src/redis/lua"]) {
  cpSync(at(`packages/${folder}`), out("lib/lua"), { recursive: true, errorOnExist: true, force: false })
}
// The grammars take 22 MB, and a twelfth of it compressed.
mkdirSync(out("grammars"))
for (const [name, file] of Object.entries({ ...grammarFiles, parser: parserFile })) {
  const bytes = readFileSync(fileURLToPath(import.meta.resolve(file)))
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 }
  writeFileSync(out(`grammars/${name}.wasm.br`), brotliCompressSync(bytes, { params }))
}
// It is run as a script, of which a module of its own cannot be made.
cpSync(createRequire(import.meta.url).resolve("web-tree-sitter"), out("grammars/web-tree-sitter.cjs"))
cpSync(at("LICENSE"), out("LICENSE"))
// The pages that it links to are not in the package.
const repository = "https://github.com/gauthierdmn/nominal-code"
writeFileSync(
  out("README.md"),
  readFileSync(at("README.md"), "utf8")
    .replaceAll(/(!\[[^\]]*\]\()(?!https?:|#)/g, `$1${repository}/raw/main/`)
    .replaceAll(/(?<!!\[[^\]]*)(\]\()(?!https?:|#)/g, `$1${repository}/blob/main/`)
)

for (const name of ["nominal-code.js", "compile.js"]) cpSync(at(`ci/bin/${name}`), out(`bin/${name}`))
chmodSync(out("bin/nominal-code.js"), 0o755)
// The program's own help, so that nothing of the program is loaded to show it.
for (const [name, colour] of [["help", { NO_COLOR: "1" }], ["help-coloured", { FORCE_COLOR: "1" }]] as const) {
  const help = execFileSync(execPath, [out("lib/main.js"), "--help"], { env: { PATH: env["PATH"], ...colour } })
  writeFileSync(out(`lib/${name}.txt`), help)
}
writeFileSync(
  out("package.json"),
  `${
    JSON.stringify(
      {
        name: cli.name,
        version: cli.version,
        description: cli.description,
        license: cli.license,
        // npm's provenance holds it against the repository that the workflow runs in.
        repository: { type: "git", url: `git+${repository}.git` },
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
