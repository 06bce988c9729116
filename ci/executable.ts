/**
 * Makes the single executable for this platform, `executable/nominal-code`: Node with the command inside, in the way of
 * Node's single executable applications. Only Node 25.5 and newer make one by themselves, so it contains Node 26.
 *
 * `node ci/executable.ts [directory]` writes elsewhere.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, globSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { argv, execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { nodeOf } from "./onDemand.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const out = resolve(argv[2] ?? join(root, "executable"))
const content = join(out, "content")
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
execFileSync(execPath, [join(root, "ci/build.ts"), content], { stdio: "inherit" })
cpSync(join(root, "ci/bin/start.cjs"), join(content, "bin/start.cjs"))
cpSync(realpathSync(join(root, "node_modules/@vscode")), join(content, "node_modules/@vscode"), { recursive: true })

const files = globSync("**", { cwd: content }).filter((name) => statSync(join(content, name)).isFile()).sort()
const hash = createHash("sha256")
for (const name of files) hash.update(`${name}\0`).update(readFileSync(join(content, name)))
const { version } = JSON.parse(readFileSync(join(content, "package.json"), "utf8"))
writeFileSync(join(out, "version"), `${version}-${hash.digest("hex").slice(0, 12)}`)

writeFileSync(
  join(out, "sea.json"),
  JSON.stringify({
    main: join(root, "ci/bin/executable.cjs"),
    output: join(out, "nominal-code"),
    disableExperimentalSEAWarning: true,
    assets: {
      version: join(out, "version"),
      ...Object.fromEntries(files.map((name) => [name, join(content, name)]))
    }
  })
)
execFileSync(nodeOf("26"), ["--build-sea", join(out, "sea.json")], { stdio: "inherit" })
for (const name of ["content", "version", "sea.json"]) rmSync(join(out, name), { recursive: true })
