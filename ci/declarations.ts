/**
 * The types of the library as one declaration file. The compiler emits a declaration for each module, which are bundled
 * from the library's index on; only `effect` stays an import.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { dts } from "rolldown-plugin-dts"

const root = fileURLToPath(new URL("..", import.meta.url))
const packages = join(root, "packages")

/** Packages that an installed library imports, beside Node's own modules. */
export const external = [/^effect(\/|$)/, /^node:/]

/** Emits one declaration file for each module below the library. */
const emit = (directory: string): void => {
  const project = join(directory, "tsconfig.json")
  const below = readdirSync(packages).filter((name) => name !== "cli" && name !== "testing")
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        declarationMap: true,
        emitDeclarationOnly: true,
        outDir: directory,
        rootDir: packages,
        typeRoots: [join(root, "node_modules/@types")],
        plugins: []
      },
      files: [join(packages, "cli/src/index.ts")],
      include: below.map((name) => join(packages, name, "src"))
    })
  )
  // One thread: nothing is checked twice, and the order of a union is always the same. Errors are `make check`'s.
  const args = ["-p", project, "--noCheck", "--singleThreaded"]
  // It lives for seconds: collecting its garbage as often as by itself takes a fifth of them.
  const options = { stdio: "inherit", env: { ...env, GOGC: "400" } } as const
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...args], options)
}

/** Writes `index.d.ts` and its map into a directory. */
export const writeDeclarations = async (target: string): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "nominal-types-"))
  try {
    emit(directory)
    const bundle = await rolldown({
      input: join(directory, "cli/src/index.d.ts"),
      external,
      checks: { pluginTimings: false },
      plugins: [
        {
          name: "workspace-packages",
          resolveId: (id) => {
            const [, name, module] = /^@nominal-code\/([^/]+)\/(.+)$/.exec(id) ?? []
            return name === undefined ? null : join(directory, name, "src", `${module}.d.ts`)
          }
        },
        dts({
          dtsOnly: true,
          sourcemap: true,
          // All declarations are there. Its other generators would compile the project once more.
          generator: "oxc",
          tsconfig: false
        })
      ]
    })
    await bundle.write({ dir: target })
    await bundle.close()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
